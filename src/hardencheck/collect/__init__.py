"""The one impure step: files, git, network and child processes become facts here and nowhere else."""
