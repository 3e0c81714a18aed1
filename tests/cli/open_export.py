"""Opens an exported folder with the program that it was exported for.

    open_export.py hf|timm FOLDER ANSWERS    runs it on drawn numbers; writes inputs.safetensors and theirs.safetensors
    open_export.py compare ANSWERS           compares theirs.safetensors with ours.safetensors; exit status 1 if they differ

Equal means: relative difference (of norms) under 1e-4 for every tensor of theirs.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

LARGEST_DIFFERENCE = 1e-4
BATCH = 2


def pixels(config):
    height, width = config["size"]
    return torch.randn(BATCH, config["channels"], height, width, generator=torch.Generator().manual_seed(1))


def tokens(config):
    shape = (BATCH, config["max_position_embeddings"])
    numbers = torch.randint(config["pad_token_id"] + 1, config["vocab_size"], shape, generator=torch.Generator().manual_seed(1))
    real = torch.ones(shape, dtype=torch.long)
    real[1, shape[1] // 2 :] = 0
    return {"input_ids": numbers, "attention_mask": real}


def both(side):
    return side if isinstance(side, list) else [side, side]


def run_transformers(folder):
    import transformers

    config = json.loads((folder / "config.json").read_text())
    name = config["architectures"][0]
    model, report = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    missing = [key for key in report["missing_keys"] if not key.startswith("pooler.")]
    assert not missing and not report["unexpected_keys"], (missing, report["unexpected_keys"])
    if "vocab_size" in config:
        inputs = tokens(config)
    else:
        inputs = {"pixel_values": pixels({"size": both(config["image_size"]), "channels": config["num_channels"]})}
    if name == "ViTForMaskedImageModeling":
        patches = (config["image_size"] // config["patch_size"]) ** 2
        inputs["bool_masked_pos"] = torch.rand(BATCH, patches, generator=torch.Generator().manual_seed(3)) < 0.6
    if name.startswith("ViTMAE"):
        rows, columns = (s // p for s, p in zip(both(config["image_size"]), both(config["patch_size"])))
        inputs["noise"] = torch.rand(BATCH, rows * columns, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        answer = model.eval()(**inputs, output_hidden_states=True)
    outputs = {key: value for key, value in answer.items() if torch.is_tensor(value) and key != "pooler_output"}
    outputs.update({f"hidden_states.{i}": value for i, value in enumerate(answer.hidden_states)})
    return inputs, outputs


def run_timm(folder):
    import timm

    config = json.loads((folder / "config.json").read_text())
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    args = config["model_args"]
    inputs = {"pixel_values": pixels({"size": args["img_size"], "channels": args["in_chans"]})}
    with torch.no_grad():
        features = model.forward_features(inputs["pixel_values"])
        return inputs, {"features": features, "pre_logits": model.forward_head(features, pre_logits=True)}


def compare(answers):
    theirs, ours = load_file(answers / "theirs.safetensors"), load_file(answers / "ours.safetensors")
    worst = 0.0
    for name, value in theirs.items():
        difference = (value.double() - ours[name].double()).norm() / value.double().norm().clamp_min(1e-12)
        print(f"{name}: relative difference {difference:.2e}")
        worst = max(worst, float(difference) if torch.isfinite(difference) else float("inf"))
    return 0 if theirs and worst < LARGEST_DIFFERENCE else 1


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "compare":
        return compare(Path(arguments[1]))
    if len(arguments) != 3 or arguments[0] not in ("hf", "timm"):
        print(__doc__, file=sys.stderr)
        return 2
    folder, answers = Path(arguments[1]), Path(arguments[2])
    inputs, outputs = (run_transformers if arguments[0] == "hf" else run_timm)(folder)
    save_file(inputs, answers / "inputs.safetensors")
    save_file({name: value.contiguous().clone() for name, value in outputs.items()}, answers / "theirs.safetensors")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
