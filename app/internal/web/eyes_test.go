package web

import (
	"os"
	"testing"
)

func TestServeForEyes(t *testing.T) {
	addr := os.Getenv("EYES")
	if addr == "" {
		t.Skip()
	}
	s := newSite(t, 0)
	s.config.Dev = true
	s.views.dev = true
	s.assets.dev = true
	os.Chdir("../../..")
	if err := s.Listen(addr); err != nil {
		t.Fatal(err)
	}
}
