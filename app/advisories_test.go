package main_test

import (
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// advisory is the least version of a module that has what was found in it mended. `make
// vuln` asks the database of vulnerabilities, which a closed network can't reach; this is
// the part of it that we know by heart.
type advisory struct{ module, least, why string }

var advisories = []advisory{
	{"github.com/gofiber/fiber/v2", "v2.52.15", "GHSA-c5qf-v26h-rp5r lock of idempotency kept; before it GHSA-gcfq-8gqf-4876 X-Real-IP believed (2.52.14), unescaped HTML in Format (2.52.13), GHSA-mrq8-rjmw-wpq3 routes of more than 30 parameters (2.52.12), CVE-2025-66630 zero UUID (2.52.11), CVE-2025-54801 and CVE-2025-48075 BodyParser (2.52.9, 2.52.7), CVE-2024-38513 session fixation (2.52.5), CVE-2024-25124 CORS (2.52.1), CVE-2023-45128 and 45141 CSRF (2.50.0), CVE-2023-41338 IsFromLocal (2.49.2)"},
	{"github.com/valyala/fasthttp", "v1.34.0", "CVE-2022-21221 files outside of the root"},
	{"github.com/ClickHouse/clickhouse-go/v2", "v2.44.0", "no advisory: before it connections leaked until none was left (#1759, #1795)"},
	{"github.com/xuri/excelize/v2", "v2.11.0", "CVE-2026-54063 row number taken for a length, CVE-2026-59162 panic of a shared string"},
	{"github.com/prometheus/client_golang", "v1.11.1", "CVE-2022-21698 unbounded label of the method"},
	{"google.golang.org/protobuf", "v1.33.0", "CVE-2024-24786 endless loop in JSON"},
	{"github.com/getkin/kin-openapi", "v0.131.0", "CVE-2025-30153 unpacked size of an upload"},
	{"golang.org/x/crypto", "v0.56.0", "CVE-2026-56855 and 78662; before it CVE-2026-46595 and twelve others in ssh (0.52.0), CVE-2025-47914 and 58181 (0.45.0), CVE-2024-45337 (0.31.0)"},
	{"golang.org/x/mod", "v0.40.0", "CVE-2026-56864 and 56865"},
	{"golang.org/x/net", "v0.55.0", "CVE-2026-42506 and 27136 in html; before it CVE-2025-47911 and 58190 (0.45.0), CVE-2025-22872 (0.38.0), CVE-2025-22870 (0.36.0)"},
	{"golang.org/x/image", "v0.43.0", "CVE-2026-46601 panic in WebP, CVE-2026-46602 and 46604 memory in TIFF; before it CVE-2026-46599 (0.41.0), CVE-2026-33813 (0.39.0), CVE-2024-24792 (0.18.0)"},
	{"golang.org/x/text", "v0.3.8", "CVE-2022-32149 time of Accept-Language"},
}

// held are the modules of go.mod that an advisory is about, and what is below it.
func held(t *testing.T, content string, all []advisory) (met int, below []string) {
	t.Helper()
	file, err := modfile.Parse("go.mod", []byte(content), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range file.Require {
		for _, a := range all {
			if r.Mod.Path != a.module {
				continue
			}
			met++
			if semver.Compare(r.Mod.Version, a.least) < 0 {
				below = append(below, r.Mod.String()+" is below "+a.least+": "+a.why)
			}
		}
	}
	return met, below
}

func TestAdvisories(t *testing.T) {
	for _, a := range advisories {
		if !semver.IsValid(a.least) || a.why == "" {
			t.Errorf("%s: %q is no version, or has no reason", a.module, a.least)
		}
	}
	met, below := held(t, read(t, "go.mod"), advisories)
	for _, fault := range below {
		t.Error(fault)
	}
	if met < 8 {
		t.Errorf("only %d modules of go.mod are on the list: has it gone stale?", met)
	}
}

// A tree without faults can't show that one would be found.
func TestAdvisoriesAreNoticed(t *testing.T) {
	mod := func(version string) string { return "module x\nrequire github.com/gofiber/fiber/v2 " + version + "\n" }
	for version, want := range map[string]bool{"v2.52.14": true, "v2.9.0": true, "v2.52.15": false, "v2.53.0": false, "v2.52.15-rc.1": true} {
		_, below := held(t, mod(version), advisories)
		if (len(below) == 1) != want {
			t.Errorf("fiber %s: %s, want a fault: %t", version, strings.Join(below, "; "), want)
		}
	}
}
