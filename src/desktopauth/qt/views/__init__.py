"""One view a file: each draws the state it is shown, and asks ``Commands`` for everything else."""
