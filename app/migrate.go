package main

type migrateCommand struct{}

// Run brings the tables up to date; open does that for every command, so nothing
// more is to do.
func (migrateCommand) Run(s *session) error {
	return s.with(func(p *program) error {
		s.say("数据表已是最新。")
		return s.answer(map[string]string{"database": p.db.Database()})
	})
}
