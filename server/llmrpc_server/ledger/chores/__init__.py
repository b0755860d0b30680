"""What is done now and then: estimates for processes that died (reaper), removal by age (retention)."""
