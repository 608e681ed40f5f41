-- Notes of the demo: each person reads and writes only their own.
-- Plain Postgres, within what Supabase Lite translates to SQLite: it can be run as it is in the SQL editor of a Supabase
-- project. `user_id` has no default because Lite knows no `default auth.uid()`; the app sends it and the policy checks it.
create table if not exists public.notes (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  body text not null,
  created_at timestamptz not null default now()
);

create index if not exists notes_of_person on public.notes (user_id, created_at);

alter table public.notes enable row level security;

create policy "read own notes" on public.notes for select to authenticated using (auth.uid() = user_id);
create policy "write own notes" on public.notes for insert to authenticated with check (auth.uid() = user_id);
create policy "change own notes" on public.notes for update to authenticated using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "delete own notes" on public.notes for delete to authenticated using (auth.uid() = user_id);
