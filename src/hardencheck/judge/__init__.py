"""The judge: facts in, verdicts out. Pure: no file, network, clock or process."""
