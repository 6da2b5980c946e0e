# SPDX-License-Identifier: Apache-2.0
"""Public models: those fields of their config.json that say their extents, as their Hugging Face pages
have them, with the parameters of the weights' files there (safetensors metadata, without buffers) and, of
models with experts, the parameters that a token passes through, as their papers and model cards have them: some round to
one digit, and that of DeepSeek-V2-Lite leaves out the embedding."""


def llama(width, layers, heads, key_heads, hidden, words, tied=False, **more):
    return {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": key_heads, "intermediate_size": hidden, "vocab_size": words,
            "tie_word_embeddings": tied, "torch_dtype": "bfloat16", "max_position_embeddings": 8192} | more


def gpt2(width, layers, heads):
    return {"n_embd": width, "n_layer": layers, "n_head": heads, "n_positions": 1024, "n_ctx": 1024,
            "vocab_size": 50257}


def latent(query_rank):
    return {"q_lora_rank": query_rank, "kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128,
            "v_head_dim": 128, "moe_layer_freq": 1}


# name: (model_type and extents, parameters, active for a token)
PUBLISHED = {
    "Llama-2-7B": (("llama", llama(4096, 32, 32, 32, 11008, 32000)), 6_738_415_616, None),
    "Llama-2-13B": (("llama", llama(5120, 40, 40, 40, 13824, 32000)), 13_015_864_320, None),
    "Llama-2-70B": (("llama", llama(8192, 80, 64, 8, 28672, 32000)), 68_976_648_192, None),
    "Llama-3-8B": (("llama", llama(4096, 32, 32, 8, 14336, 128256)), 8_030_261_248, None),
    "Llama-3-70B": (("llama", llama(8192, 80, 64, 8, 28672, 128256)), 70_553_706_496, None),
    "Llama-3.1-405B": (("llama", llama(16384, 126, 128, 8, 53248, 128256)), 405_853_388_800, None),
    "Llama-3.2-1B": (("llama", llama(2048, 16, 32, 8, 8192, 128256, tied=True, head_dim=64)),
                     1_235_814_400, None),
    "Mistral-7B": (("mistral", llama(4096, 32, 32, 8, 14336, 32000, sliding_window=4096)),
                   7_241_732_096, None),
    "Mixtral-8x7B": (("mixtral", llama(4096, 32, 32, 8, 14336, 32000, num_local_experts=8,
                                       num_experts_per_tok=2, sliding_window=None)),
                     46_702_792_704, 12.9e9),
    "GPT-2": (("gpt2", gpt2(768, 12, 12)), 124_439_808, None),
    "GPT-2 medium": (("gpt2", gpt2(1024, 24, 16)), 354_823_168, None),
    "GPT-2 large": (("gpt2", gpt2(1280, 36, 20)), 774_030_080, None),
    "GPT-2 XL": (("gpt2", gpt2(1600, 48, 25)), 1_557_611_200, None),
    "Gemma-2B": (("gemma", llama(2048, 18, 8, 1, 16384, 256000, tied=True, head_dim=256)),
                 2_506_172_416, None),
    "Gemma-7B": (("gemma", llama(3072, 28, 16, 16, 24576, 256000, tied=True, head_dim=256)),
                 8_537_680_896, None),
    "Gemma-2-2B": (("gemma2", llama(2304, 26, 8, 4, 9216, 256000, tied=True, head_dim=256,
                                    sliding_window=4096)), 2_614_341_888, None),
    "Gemma-2-9B": (("gemma2", llama(3584, 42, 16, 8, 14336, 256000, tied=True, head_dim=256,
                                    sliding_window=4096)), 9_241_705_984, None),
    "Gemma-3-1B": (("gemma3_text", llama(1152, 26, 4, 1, 6912, 262144, tied=True, head_dim=256,
                                         sliding_window=512, sliding_window_pattern=6)), 999_885_952, None),
    "Phi-2": (("phi", llama(2560, 32, 32, 32, 10240, 51200)), 2_779_683_840, None),
    "Phi-3-mini": (("phi3", llama(3072, 32, 32, 32, 8192, 32064, sliding_window=2047)), 3_821_079_552, None),
    "Qwen2.5-0.5B": (("qwen2", llama(896, 24, 14, 2, 4864, 151936, tied=True)), 494_032_768, None),
    "Qwen2.5-7B": (("qwen2", llama(3584, 28, 28, 4, 18944, 152064, use_sliding_window=False,
                                   sliding_window=131072, max_window_layers=28)), 7_615_616_512, None),
    "Qwen1.5-MoE-A2.7B": (("qwen2_moe", llama(2048, 24, 16, 16, 5632, 151936, num_experts=60,
                                              num_experts_per_tok=4, moe_intermediate_size=1408,
                                              shared_expert_intermediate_size=5632, decoder_sparse_step=1)),
                          14_315_784_192, 2.7e9),
    "Qwen3-30B-A3B": (("qwen3_moe", llama(2048, 48, 32, 4, 6144, 151936, head_dim=128, num_experts=128,
                                          num_experts_per_tok=8, moe_intermediate_size=768,
                                          decoder_sparse_step=1, mlp_only_layers=[])),
                      30_532_122_624, 3.3e9),
    "OLMoE-1B-7B": (("olmoe", llama(2048, 16, 16, 16, 1024, 50304, num_experts=64, num_experts_per_tok=8)),
                    6_919_161_856, 1.3e9),
    "DeepSeek-V2-Lite": (("deepseek_v2", llama(2048, 27, 16, 16, 10944, 102400, n_routed_experts=64,
                                               n_shared_experts=2, num_experts_per_tok=6,
                                               moe_intermediate_size=1408, first_k_dense_replace=1,
                                               **latent(None))), 15_706_484_224, None),
    "DeepSeek-V2": (("deepseek_v2", llama(5120, 60, 128, 128, 12288, 102400, n_routed_experts=160,
                                          n_shared_experts=2, num_experts_per_tok=6,
                                          moe_intermediate_size=1536, first_k_dense_replace=1,
                                          **latent(1536))), 235_741_434_880, 21e9),
    "DeepSeek-V3": (("deepseek_v3", llama(7168, 61, 128, 128, 18432, 129280, n_routed_experts=256,
                                          n_shared_experts=1, num_experts_per_tok=8,
                                          moe_intermediate_size=2048, first_k_dense_replace=3,
                                          topk_method="noaux_tc", num_nextn_predict_layers=1,
                                          **latent(1536))), 671_026_419_200, 37e9),
}


def config_of(name):
    model_type, extents = PUBLISHED[name][0]
    return {"model_type": model_type} | extents
