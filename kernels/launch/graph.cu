// SPDX-License-Identifier: Apache-2.0
// launch, graph: kernels one behind the other as the nodes of a CUDA graph, which the host starts
// as one. Bound by the device, which steps from node to node by itself: next to `queued` this is
// what a program of short kernels gains by a graph.
#include <cuda_runtime.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "backend/cuda/stream.h"
#include "derate/cuda/check.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "launch/mark_kernel.h"
#include "launch/work.h"

namespace derate::launch {
namespace {

struct DestroyGraph {
  void operator()(cudaGraph_t graph) const { static_cast<void>(cudaGraphDestroy(graph)); }
  void operator()(cudaGraphExec_t graph) const { static_cast<void>(cudaGraphExecDestroy(graph)); }
};
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, DestroyGraph>;
using RunnableGraph = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, DestroyGraph>;

/// What the first node leaves behind; each further one leaves one more.
constexpr unsigned kFirstMark = 1000;

/// The launches of `marks`, recorded instead of run. On a stream of its own: one whose recording
/// failed takes no further work.
RunnableGraph record(const Marks& marks, int launches) {
  const cuda::Stream stream = cuda::make_stream();
  cuda::check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal),
              "cudaStreamBeginCapture");
  for (int i = 0; i < launches; ++i) {
    marks.launch(i, kFirstMark + static_cast<unsigned>(i), stream.get());
  }
  cudaGraph_t recorded = nullptr;
  cuda::check(cudaStreamEndCapture(stream.get(), &recorded), "cudaStreamEndCapture");
  const Graph graph(recorded);
  cudaGraphExec_t runnable = nullptr;
  cuda::check(cudaGraphInstantiate(&runnable, graph.get(), 0), "cudaGraphInstantiate");
  return RunnableGraph(runnable);
}

class GraphLaunch final : public Instance {
 public:
  GraphLaunch(const Problem& problem, const Session& session)
      : stream_(cuda::stream_of(session)),
        marks_(static_cast<int>(problem.at("launches")), stream_),
        graph_(record(marks_, static_cast<int>(problem.at("launches")))) {}

  void launch(int) override {
    cuda::check(cudaGraphLaunch(graph_.get(), stream_), "cudaGraphLaunch");
  }
  [[nodiscard]] std::optional<std::string> check() override { return marks_.check(kFirstMark); }

 private:
  cudaStream_t stream_;
  Marks marks_;
  RunnableGraph graph_;
};

const Registration graph_registration{
    {.name = "launch",
     .variant = "graph",
     .provider = "derate",
     .backend = "cuda",
     .precision = Precision::i32,
     .bound = Bound::latency,
     .problems = [](const Device&) -> std::vector<Problem> {
       return {{{"launches", 100}}};
     },
     .test_problem =
         [] {
           return Problem{{"launches", 7}};
         },
     .work = work,
     .size_class = size_class,
     .prepare = [](const Problem& problem, const Operands&,
                   Session& session) { return std::make_unique<GraphLaunch>(problem, session); }}};

}  // namespace
}  // namespace derate::launch
