// SPDX-License-Identifier: Apache-2.0
// From selectors to devices, on machines where something is wrong with one of them.
#include "backend/selection.h"

#include <gtest/gtest.h>

#include "derate/error.h"

namespace derate {
namespace {

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(std::string_view name) : name_(name) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] Probe probe() override { return {}; }
  [[nodiscard]] std::unique_ptr<Session> open(const Device&) override { return nullptr; }
  [[nodiscard]] std::vector<std::string> libraries() override { return {"libfast 3 is /lib/f"}; }

 private:
  std::string_view name_;
};

Device device(const std::string& backend, int index, const std::string& unusable = "") {
  Device made;
  made.backend = backend;
  made.index = index;
  made.unusable = unusable;
  return made;
}

Inventory inventory(Probe cuda, Probe host) {
  return {{{std::make_shared<FakeBackend>("cuda"), std::move(cuda)},
           {std::make_shared<FakeBackend>("host"), std::move(host)}}};
}

Inventory healthy() {
  return inventory({{device("cuda", 0), device("cuda", 1)}, ""}, {{device("host", 0)}, ""});
}

Inventory half_broken() {
  return inventory({{device("cuda", 0, "too old"), device("cuda", 2)}, "GPU 1 fell off the bus"},
                   {{device("host", 0)}, ""});
}

std::vector<std::string> chosen(const Inventory& from, const std::vector<std::string>& selectors) {
  std::vector<std::string> names;
  for (const Selected& each : select_devices(from, selectors)) {
    names.push_back(each.device.selector());
  }
  return names;
}

ExitCode refusal(const Inventory& from, const std::string& selector, std::string& sentence) {
  try {
    static_cast<void>(select_devices(from, {selector}));
  } catch (const Error& error) {
    sentence = error.what();
    return error.code();
  }
  return ExitCode::ok;
}

using Names = std::vector<std::string>;

TEST(Selection, TakesEachDeviceOnce) {
  EXPECT_EQ(chosen(healthy(), {"auto"}), Names{"cuda"});
  EXPECT_EQ(chosen(healthy(), {"all"}), (Names{"cuda", "cuda:1", "host"}));
  EXPECT_EQ(chosen(healthy(), {"host", "cuda:1", "cuda"}), (Names{"host", "cuda:1", "cuda"}));
  EXPECT_EQ(healthy().absences(), Names{});
}

TEST(Selection, AutoPassesOverADeviceThatCannotBeUsed) {
  EXPECT_EQ(chosen(half_broken(), {"auto"}), Names{"cuda:2"});
  EXPECT_EQ(chosen(half_broken(), {"cuda:0"}), Names{"cuda"}) << "who names it gets it";
  EXPECT_EQ(
      chosen(inventory({{device("cuda", 0, "too old")}, ""}, {{device("host", 0)}, ""}), {"auto"}),
      Names{"host"});
}

TEST(Selection, SaysWhatIsMissingAndWhatIsBroken) {
  EXPECT_EQ(half_broken().absences(),
            (Names{"cuda: GPU 1 fell off the bus", "cuda:0 cannot be used: too old"}));
  EXPECT_EQ(inventory({{}, "no driver"}, {{device("host", 0)}, ""}).absences(),
            Names{"no cuda device: no driver"});
}

TEST(Selection, TellsTheLibrariesOfBackendsThatHaveADevice) {
  EXPECT_EQ(half_broken().libraries(),
            (Names{"cuda: libfast 3 is /lib/f", "host: libfast 3 is /lib/f"}));
  EXPECT_EQ(inventory({{}, "no driver"}, {{device("host", 0)}, ""}).libraries(),
            Names{"host: libfast 3 is /lib/f"});
}

TEST(Selection, RefusesADeviceThatIsNotThereAndSaysWhichIsBroken) {
  std::string sentence;
  EXPECT_EQ(refusal(half_broken(), "cuda:1", sentence), ExitCode::usage);
  EXPECT_EQ(sentence,
            "there is no device \"cuda:1\" here; choose from auto, all, cuda, cuda:2, host (cuda: "
            "GPU 1 fell off the bus)");
  EXPECT_EQ(refusal(inventory({{}, "no driver"}, {}), "cuda", sentence), ExitCode::no_device);
  EXPECT_EQ(sentence, "no cuda device: no driver");
}

TEST(Selection, RefusesAutoWhereNothingCanBeUsed) {
  std::string sentence;
  const Inventory none = inventory({{device("cuda", 0, "too old")}, ""}, {{}, "switched off"});
  EXPECT_EQ(refusal(none, "auto", sentence), ExitCode::no_device);
  EXPECT_EQ(sentence,
            "nothing to measure on: cuda:0 cannot be used: too old; no host device: "
            "switched off");
}

}  // namespace
}  // namespace derate
