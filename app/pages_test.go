package main

import "testing"

// officePages are those of the office that have no test of their own in a browser.
var officePages = []string{
	"/c/feicheng/overview", "/c/feicheng/coverage", "/c/feicheng/map", "/c/feicheng/calendar", "/c/feicheng/totals", "/c/feicheng/standing",
	"/c/feicheng/checks", "/c/feicheng/rehearsal", "/c/feicheng/inspectors", "/c/feicheng/dossiers",
	"/c/feicheng/waves/w2", "/c/feicheng/waves/w2/margins", "/c/feicheng/waves/w2/analysis", "/c/feicheng/waves/w2/screening", "/c/feicheng/waves/w2/questions/carriers?by=carriers",
	"/verify",
}

// pagesForEverybody: axe-core finds nothing on a desk, and nothing is wider than a phone.
func pagesForEverybody(t *testing.T, s *server, passwords map[string]string) {
	axe := axeCore(t)
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	for _, path := range officePages {
		office.open(path)
		office.waitFor(`document.readyState === "complete"`)
		t.Log(path)
		office.audit(axe)
	}
	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("office", passwords["office"])
	for _, path := range officePages {
		phone.open(path)
		phone.waitFor(`document.readyState === "complete"`)
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}
}
