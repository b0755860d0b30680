"""The model that runs beside the server: its weights, its process, and what runs in that (__main__)."""
