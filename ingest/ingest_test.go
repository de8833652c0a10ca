package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/org"
	"shuixuan/app/survey"
	"shuixuan/seeds"
)

// office is who acts in these tests.
var office = audit.Actor{ID: "test-office", Name: "测试", Role: audit.RoleOffice, Campaign: "feicheng"}

// bench is an intake on a database of its own with the Feicheng plan loaded.
type bench struct {
	*Ingest
	db   *clickhouse.DB
	plan *campaign.Plan
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return newBenchOn(t, clickhousetest.Open(t))
}

func newBenchOn(t testing.TB, db *clickhouse.DB) *bench {
	t.Helper()
	log := audit.NewLog(db)
	units := org.NewStore(db, log)
	campaigns := campaign.NewStore(db, log, units)
	originals, err := NewOriginals(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := New(Parts{DB: db, Log: log, Originals: originals, Units: units, Campaigns: campaigns, Surveys: survey.NewStore(db, log)})
	t.Cleanup(func() {
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b := &bench{Ingest: in, db: db}
	b.seed(t, "feicheng")
	if b.plan, err = campaigns.Plan(t.Context(), "feicheng"); err != nil {
		t.Fatal(err)
	}
	return b
}

// seed loads the units and the plan of a shipped campaign through the intake.
func (b *bench) seed(t testing.TB, id string) {
	t.Helper()
	for _, step := range []struct {
		kind Kind
		file string
	}{{Units, "units.yaml"}, {Plan, "plan.yaml"}} {
		body, err := seeds.FS.ReadFile(id + "/" + step.file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Definitions(t.Context(), audit.System("test"), step.kind, id, "", step.file, body, false); err != nil {
			t.Fatalf("load %s/%s: %v", id, step.file, err)
		}
	}
}

// keep uploads a file of testdata.
func (b *bench) keep(t testing.TB, name string) File {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kept, err := b.Originals().Keep(t.Context(), name, f, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	return kept
}

// count asks the table, not the program.
func (b *bench) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var n uint64
	if err := b.db.QueryRow(ctx, query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return int(n)
}
