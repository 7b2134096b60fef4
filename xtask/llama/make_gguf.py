"""Makes the model of `cargo xtask conformance llama`: a small qwen3 without training, in a GGUF file.

Its layers are random and next to silent, so that the next token follows from the last one alone: which one is likely is
written into the embeddings and the output. That is enough for what is proven with it: it thinks, it says words, it ends,
and under a grammar its texts are short. The same seed makes the same file.

    make_gguf.py --template CHAT_TEMPLATE --out FILE
"""

import argparse
from pathlib import Path

import gguf
import numpy as np

SEED = 20260101
WIDTH = 384  # of the embeddings; at least as many as there are tokens, each of which is a direction of its own
HEADS, KEY_VALUE_HEADS, HEAD_WIDTH = 2, 1, 32
FEED_FORWARD = 64
LAYERS = 2
CONTEXT = 4096
EPSILON = 1e-6
NOISE = 0.002
UNLIKELY = -12.0  # the logarithm of the weight of a token that is not named

END, START, TEXT_END = "<|im_end|>", "<|im_start|>", "<|endoftext|>"
CONTROLS = [TEXT_END, START, END]
WORDS = ["<tool_call>", "</tool_call>", "<think>", "</think>"]

# What a call begins with, as one token: a line end alone is where the model begins to think.
OPENING = "\n{"

# How often what comes next, after the tokens on the left; a weight, not a probability. It thinks in capitals, and so no
# thought is taken for words. A full stop ends an answer, or what is said before a call: the grammar decides, or the dice.
LETTERS = {letter: 1.0 for letter in "etaoinshrdlu"}
CAPITALS = {letter.upper(): 1.0 for letter in LETTERS}
ANYWHERE = LETTERS | {" ": 2.0, ".": 1.0, '"': 1.5}
AFTER = {
    "\n": {"<think>": 40.0} | LETTERS,
    "<think>": CAPITALS,
    "!": {"</think>": 1.0},
    "</think>": LETTERS,
    " ": LETTERS,
    ".": {" ": 2.0, END: 4.0, "<tool_call>": 1.0},
    "<tool_call>": {OPENING: 1.0},
    "</tool_call>": {"<tool_call>": 2.0, END: 1.5},
} | {letter: CAPITALS | {"!": 1.0} for letter in CAPITALS}


def byte_names() -> dict[int, str]:
    """How each byte is written in a vocabulary of the kind of GPT-2: printable ones as they are, others from 256 on."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    names = {byte: chr(byte) for byte in shown}
    hidden = (byte for byte in range(256) if byte not in names)
    return names | {byte: chr(256 + number) for number, byte in enumerate(hidden)}


def vocabulary() -> tuple[list[str], list[int], list[str], dict[str, int]]:
    """The tokens, their types, the merges, and where the tokens stand that are named above."""
    names = byte_names()
    opening = [names[ord(letter)] for letter in OPENING]
    tokens = [*(names[byte] for byte in range(256)), "".join(opening), *CONTROLS, *WORDS]
    plain = 256 + 1
    types = [gguf.TokenType.NORMAL] * plain
    types += [gguf.TokenType.CONTROL] * len(CONTROLS) + [gguf.TokenType.USER_DEFINED] * len(WORDS)
    places = {chr(byte): byte for byte in range(128)}
    places |= {token: plain + number for number, token in enumerate(CONTROLS + WORDS)} | {OPENING: plain - 1}
    return tokens, types, [" ".join(opening)], places


def transitions(count: int, places: dict[str, int]) -> np.ndarray:
    """The logits of every token (first axis) after every other (second axis)."""
    logits = np.full((count, count), UNLIKELY, dtype=np.float32)

    def likely(before: slice | int, weights: dict[str, float]) -> None:
        logits[:, before] = UNLIKELY
        for token, weight in weights.items():
            logits[places[token], before] = np.log(weight)

    likely(slice(None), ANYWHERE)
    for before, weights in AFTER.items():
        likely(places[before], weights)
    return logits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--template", type=Path, required=True, help="the chat template, in Jinja")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    tokens, types, merges, places = vocabulary()
    count = len(tokens)
    dice = np.random.default_rng(SEED)

    def noise(*shape: int) -> np.ndarray:
        return dice.normal(0.0, NOISE, shape).astype(np.float32)

    writer = gguf.GGUFWriter(args.out, "qwen3")
    writer.add_name("tau-conformance")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_key_length(HEAD_WIDTH)
    writer.add_value_length(HEAD_WIDTH)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(places[TEXT_END])
    writer.add_eos_token_id(places[END])
    writer.add_add_bos_token(False)
    writer.add_chat_template(args.template.read_text(encoding="utf-8"))

    embeddings = noise(count, WIDTH)
    embeddings[np.arange(count), np.arange(count)] += 1.0
    # A direction has length sqrt(WIDTH) behind the norm.
    output = noise(count, WIDTH)
    output[:, :count] += transitions(count, places) / np.sqrt(WIDTH)
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    queries, keys = HEADS * HEAD_WIDTH, KEY_VALUE_HEADS * HEAD_WIDTH
    for layer in range(LAYERS):
        for name, width in [("attn_norm", WIDTH), ("ffn_norm", WIDTH), ("attn_q_norm", HEAD_WIDTH), ("attn_k_norm", HEAD_WIDTH)]:
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, dtype=np.float32))
        # Rows are what comes out, columns what goes in.
        for name, rows, columns in [
            ("attn_q", queries, WIDTH),
            ("attn_k", keys, WIDTH),
            ("attn_v", keys, WIDTH),
            ("attn_output", WIDTH, queries),
            ("ffn_gate", FEED_FORWARD, WIDTH),
            ("ffn_up", FEED_FORWARD, WIDTH),
            ("ffn_down", WIDTH, FEED_FORWARD),
        ]:
            writer.add_tensor(f"blk.{layer}.{name}.weight", noise(rows, columns))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
