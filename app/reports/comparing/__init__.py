"""Companies, branches, grids and managers side by side, fairly."""
