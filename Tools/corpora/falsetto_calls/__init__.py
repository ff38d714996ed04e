"""Whole calls for measuring false alarms an hour and time to alert. Standard library, ffmpeg and sox only."""
