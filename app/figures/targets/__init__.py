"""What a grid is to reach in a month."""
