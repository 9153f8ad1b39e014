"""A double of AWS on loopback for Terraform: moto, what moto lacks for this stack, and a strict gate in front.

What it proves: that every request is one that AWS's published service model allows, that resources depend on each other
in an order that works, that a second plan is empty and that destroy leaves nothing. What it cannot prove: quotas, the
effect of IAM policies, and how services behave.
"""

import os
from pathlib import Path

os.environ["MOTO_AMIS_PATH"] = str(Path(__file__).with_name("images.json"))  # moto reads it when it is imported
