package analytics

// Hold takes the turn of the runs until it is given back.
func (s *Runs) Hold() (release func()) {
	s.turn <- struct{}{}
	return func() { <-s.turn }
}
