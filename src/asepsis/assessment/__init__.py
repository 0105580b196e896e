"""The main job: captures in; inventory, findings, worklist and report out."""
