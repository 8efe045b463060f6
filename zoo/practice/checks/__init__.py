"""What is right in each exercise, and known mistakes: a module for each chapter."""
