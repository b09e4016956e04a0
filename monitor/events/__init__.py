"""What happened: analysis, linking and the timeline of events."""
