"""Who is who: organisations and how they belong together, and the branches they run."""
