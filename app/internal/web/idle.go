package web

import (
	"runtime/debug"
	"time"
)

// idleAfter is how long nobody has asked for anything when what reading took is given back to
// the system. Left to itself the runtime keeps half as much again as it needs, for minutes,
// beside an engine that has its own use for the memory of a small machine.
const idleAfter = 10 * time.Second

// giveBack returns memory once after each time of asking, until the server ends.
func (s *Server) giveBack() {
	tick := time.NewTicker(idleAfter)
	defer tick.Stop()
	var seen, given int64
	for {
		select {
		case <-s.ended:
			return
		case <-tick.C:
		}
		now := s.requests.Load()
		if now == seen && now != given {
			debug.FreeOSMemory()
			given = now
		}
		seen = now
	}
}
