"""What the paper claims, each as a rule over measured numbers: claim, evidence, verdict."""
