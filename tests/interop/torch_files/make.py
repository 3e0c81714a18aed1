#!/usr/bin/env python3
"""Makes the files of torch.save that tst_torch_checkpoint.cpp reads. Needs PyTorch; run it in this folder."""

import argparse
import collections
import pickle
import zipfile

import torch


def mae_like():
    torch.manual_seed(0)
    ramp = torch.arange(24, dtype=torch.float32)
    model = collections.OrderedDict()
    model["cls_token"] = torch.tensor([[[0.5, -1.0, 2.0]]])
    model["blocks.0.attn.qkv.weight"] = ramp.reshape(4, 6)
    model["transposed"] = ramp.reshape(4, 6).t()
    model["part.of.a.storage"] = ramp[8:14]
    model["half"] = torch.tensor([1.0, 0.333], dtype=torch.float16)
    model["brain"] = torch.tensor([1.0, -2.5], dtype=torch.bfloat16)
    model["steps"] = torch.tensor([7, -9], dtype=torch.int64)
    model["flags"] = torch.tensor([True, False, True])
    model["empty"] = torch.zeros(0, 3)
    model["scalar"] = torch.tensor(3.25, dtype=torch.float64)
    model["parameter"] = torch.nn.Parameter(torch.tensor([1.5, 2.5]))
    return {"model": model, "epoch": 1599, "scaler": {"scale": 65536.0, "growth_factor": 2.0},
            "args": argparse.Namespace(norm_pix_loss=True, model="mae_vit_base_patch16", mask_ratio=0.75, device=None)}


class Attack:
    def __reduce__(self):
        return (__import__("os").system, ("touch executed-by-a-pickle",))


def main():
    torch.save(mae_like(), "mae_like.pth")
    torch.save({"weight": torch.ones(2)}, "old_format.pth", _use_new_zipfile_serialization=False)
    with zipfile.ZipFile("hostile.pth", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"model": Attack(), "epoch": 1}, protocol=2))
        archive.writestr("archive/version", "3\n")


if __name__ == "__main__":
    main()
