package placement_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/seeds/sample"
)

func kind(err error) problem.Kind {
	if p, ok := problem.As(err); ok {
		return p.Kind
	}
	return ""
}

// A draft is the unit's: a colleague finishes it, and a person who moves to another unit
// leaves it behind. Once its placement is there it is no draft any more.
func TestDraftsStayWithTheUnit(t *testing.T) {
	l := newLedger(t)
	drafts := l.drafts
	clerk, colleague, moved := sample.Clerk("shuiliju"), sample.Clerk("shuiliju"), sample.Clerk("jiaoyuju")
	colleague.ID, moved.ID = "colleague", clerk.ID
	open := func(actor audit.Actor, want ...uuid.UUID) {
		t.Helper()
		list, err := drafts.Open(t.Context(), sample.CampaignID, org.UnitID(actor.Unit))
		if err != nil || len(list) != len(want) {
			t.Fatalf("open of %s: %+v, %v, want %v", actor.Unit, list, err, want)
		}
		for i, id := range want {
			if list[i].ID != id || list[i].Fields["place"] == "" {
				t.Errorf("open of %s: %+v, want %s", actor.Unit, list[i], id)
			}
		}
	}
	one, two := sample.ID(7), sample.ID(8)
	fields := map[string]string{"place": "河边", "quantity": "三", "csrf": "secret", "remark": strings.Repeat("长", 3000), "size": "\xff3m"}
	saved, err := drafts.Save(t.Context(), clerk, sample.CampaignID, placement.Draft{ID: one, Fields: fields}, 0)
	if err != nil || saved.Revision != 1 {
		t.Fatalf("save: %+v, %v", saved, err)
	}
	held, err := drafts.Draft(t.Context(), colleague, sample.CampaignID, one)
	if err != nil || held.Fields["quantity"] != "三" || held.Fields["size"] != "3m" || held.Fields["csrf"] != "" || utf8.RuneCountInString(held.Fields["remark"]) != 2000 {
		t.Errorf("a colleague finds %+v, %v", held, err)
	}
	open(colleague, one)
	open(moved)

	// Two colleagues at once: the second is told.
	if _, err := drafts.Save(t.Context(), colleague, sample.CampaignID, placement.Draft{ID: one, Fields: map[string]string{"place": "河边二"}}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := drafts.Save(t.Context(), clerk, sample.CampaignID, placement.Draft{ID: one, Fields: map[string]string{"place": "河边三"}}, 1); kind(err) != problem.KindConflict {
		t.Errorf("saved over a colleague's: %v", err)
	}
	for name, err := range map[string]error{
		"save":    errOf(drafts.Save(t.Context(), moved, sample.CampaignID, placement.Draft{ID: one, Fields: map[string]string{"place": "别处"}}, 2)),
		"read":    errOf(drafts.Draft(t.Context(), moved, sample.CampaignID, one)),
		"discard": drafts.Discard(t.Context(), moved, sample.CampaignID, one, 2),
		"office":  errOf(drafts.Draft(t.Context(), sample.Office(), sample.CampaignID, one)),
		"missing": drafts.Discard(t.Context(), clerk, sample.CampaignID, sample.ID(404), 0),
	} {
		if kind(err) != problem.KindNotFound {
			t.Errorf("%s of another unit's: %v, want not found", name, err)
		}
	}

	if _, err := drafts.Save(t.Context(), clerk, sample.CampaignID, placement.Draft{ID: two, Fields: map[string]string{"place": "桥头"}}, 0); err != nil {
		t.Fatal(err)
	}
	if err := drafts.Discard(t.Context(), colleague, sample.CampaignID, two, 1); err != nil {
		t.Fatal(err)
	}
	open(clerk, one)
	l.log(t, func(p *placement.Placement) { p.ID = one })
	open(clerk)
	if _, err := drafts.Save(t.Context(), clerk, sample.CampaignID, placement.Draft{ID: one, Fields: map[string]string{"place": "晚了"}}, 2); kind(err) != problem.KindConflict {
		t.Errorf("saved as a draft after it was logged: %v", err)
	}
}

func errOf[T any](_ T, err error) error { return err }
