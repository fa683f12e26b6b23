"""What readers take along of the library to learn it by heart."""
