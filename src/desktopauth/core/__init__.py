"""The session, its state and its rules, in standard-library Python: it knows neither Qt nor Supabase."""
