"""The authors' released checkpoints, as ours."""
