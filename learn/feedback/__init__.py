"""What readers tell without being known."""
