"""One call's attempts: each by itself, who is asked next and when, and what its caller sees where one breaks off."""
