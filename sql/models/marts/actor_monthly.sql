{{ actor_series('month') }}
