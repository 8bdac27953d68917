{{ actor_series('week') }}
