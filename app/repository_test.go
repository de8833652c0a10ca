package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The folders at the top are the customer's; pictures for the README lie in docs.
func TestTopFolders(t *testing.T) {
	folders := []string{"app", "ingest", "analytics", "dashboards", "seeds", "docs", ".ci"}
	for _, file := range tracked(t) {
		if top, _, inFolder := strings.Cut(file, "/"); inFolder && !slices.Contains(folders, top) {
			t.Errorf("%s: not one of the top folders %v", file, folders)
		}
	}
}

// A clone is small, and the same on every machine.
func TestTrackedFiles(t *testing.T) {
	const limit = 1 << 20
	for _, file := range tracked(t) {
		content := read(t, file)
		if len(content) > limit {
			t.Errorf("%s: %d bytes; files over %d are fetched or made, not kept", file, len(content), limit)
		}
		if place := machinePath.FindString(content); place != "" && !strings.Contains(content, "\x00") {
			t.Errorf("%s: holds %q, a place on somebody's machine", file, strings.TrimSpace(place))
		}
	}
}

// machinePath begins after something that can stand before a path, so that the
// same words in the middle of an address are no fault.
var machinePath = regexp.MustCompile("(?m)(?:^|[\\s\"'`=(:])/(?:home|Users|root|work|tmp)/[\\w.]+")

func TestMachinePathIsNoticed(t *testing.T) {
	for text, want := range map[string]bool{
		"cp /" + "home/li/x .":            true,
		`open("/` + `tmp/report.xlsx")`:   true,
		"SHUIXUAN_ENGINE=/" + "work/a.so": true,
		"https://example.org/work/a":      false,
		"/homepage/x":                     false,
		"volume:/var/lib/shuixuan":        false,
	} {
		if got := machinePath.MatchString(text); got != want {
			t.Errorf("%q: noticed = %t, want %t", text, got, want)
		}
	}
}

// The lock file names versions and hashes; where to fetch them from is a matter
// of the machine. A mirror's address in the lock file would stop everyone else.
func TestLockFilesHoldNoAddresses(t *testing.T) {
	lock := read(t, "package-lock.json")
	if strings.Contains(lock, `"resolved"`) {
		t.Error(`package-lock.json: has "resolved" entries; .npmrc should keep them out`)
	}
	if npmrc := read(t, ".npmrc"); !strings.Contains(npmrc, "omit-lockfile-registry-resolved=true") || strings.Contains(npmrc, "://") {
		t.Errorf(".npmrc: must keep addresses out of the lock file and hold none itself:\n%s", npmrc)
	}
	for name, p := range npmPackages(t) {
		if p.Integrity == "" {
			t.Errorf("package-lock.json: %s has no hash", name)
		}
	}
}

// What the README tells people to type exists, and what exists is told.
func TestMakeTargetsInReadme(t *testing.T) {
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):.*## `).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets = append(targets, m[1])
	}
	if !slices.Contains(targets, "run") || !slices.Contains(targets, "test") {
		t.Fatalf("Makefile: run and test are missing among %v", targets)
	}
	for _, readme := range []string{"README.md", "README.zh-CN.md"} {
		told := makeCommands(read(t, readme))
		for _, target := range told {
			if !slices.Contains(targets, target) {
				t.Errorf("%s: make %s is not in the Makefile", readme, target)
			}
		}
		for _, target := range targets {
			if !slices.Contains(told, target) {
				t.Errorf("%s: does not tell of make %s", readme, target)
			}
		}
	}
	for _, target := range makeCommands(read(t, "CONTRIBUTING.md")) {
		if !slices.Contains(targets, target) {
			t.Errorf("CONTRIBUTING.md: make %s is not in the Makefile", target)
		}
	}
}

// makeCommands are the targets that a text tells to make, in code and not in prose.
func makeCommands(text string) []string {
	var all []string
	for _, code := range regexp.MustCompile("(?s)```.*?```|`[^`\n]+`").FindAllString(text, -1) {
		for _, m := range regexp.MustCompile(`\bmake ([a-z]+)`).FindAllStringSubmatch(code, -1) {
			all = append(all, m[1])
		}
	}
	return all
}

// Every file that a README points to is there.
func TestReadmeLinks(t *testing.T) {
	files := tracked(t)
	for _, readme := range []string{"README.md", "README.zh-CN.md"} {
		for _, m := range regexp.MustCompile(`(?:\]\(|src=")([^)"#:]+)[)"]`).FindAllStringSubmatch(read(t, readme), -1) {
			if strings.HasPrefix(m[1], "docs/images/") && !slices.ContainsFunc(files, isPicture) {
				continue // pictures are taken of the running program, which comes first
			}
			inFolder := func(f string) bool { return f == m[1] || strings.HasPrefix(f, strings.TrimSuffix(m[1], "/")+"/") }
			if !slices.ContainsFunc(files, inFolder) {
				t.Errorf("%s: points to %s, which is not there", readme, m[1])
			}
		}
	}
}

func isPicture(file string) bool { return strings.HasPrefix(file, "docs/images/") }

// service is what we ask of one in compose.yaml.
type service struct {
	Image       string
	Build       any
	Profiles    []string
	HealthCheck struct{ Test []string } `yaml:"healthcheck"`
	MemLimit    string                  `yaml:"mem_limit"`
	CPUs        string                  `yaml:"cpus"`
	DependsOn   map[string]any          `yaml:"depends_on"`
	Volumes     []string
	Configs     []struct{ Source, Target string }
}

func TestCompose(t *testing.T) {
	var compose struct {
		Services map[string]service
		Volumes  map[string]any
		Configs  map[string]struct{ Content string }
	}
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &compose); err != nil {
		t.Fatalf("compose.yaml: %v", err)
	}
	var alone []string
	profiles := map[string]int{}
	usedVolumes, usedConfigs := map[string]bool{}, map[string]bool{}
	for name, s := range compose.Services {
		if len(s.HealthCheck.Test) == 0 {
			t.Errorf("compose.yaml: %s has no health check", name)
		}
		if s.MemLimit == "" || s.CPUs == "" {
			t.Errorf("compose.yaml: %s has no limits (mem_limit %q, cpus %q)", name, s.MemLimit, s.CPUs)
		}
		if s.Build == nil && !regexp.MustCompile(`:\d`).MatchString(s.Image) {
			t.Errorf("compose.yaml: %s runs %q, which names no version", name, s.Image)
		}
		if len(s.Profiles) == 0 {
			alone = append(alone, name)
		}
		for _, profile := range s.Profiles {
			profiles[profile]++
		}
		// Compose refuses a service that needs one whose profile is not active.
		for needed := range s.DependsOn {
			other, found := compose.Services[needed]
			if !found {
				t.Errorf("compose.yaml: %s needs %s, which is not there", name, needed)
			}
			if len(other.Profiles) > 0 && !slices.Equal(other.Profiles, s.Profiles) {
				t.Errorf("compose.yaml: %s %v needs %s of other profiles %v", name, s.Profiles, needed, other.Profiles)
			}
		}
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			usedVolumes[volume] = true
			if _, found := compose.Volumes[volume]; !found {
				t.Errorf("compose.yaml: %s uses the volume %s, which is not declared", name, volume)
			}
		}
		for _, c := range s.Configs {
			usedConfigs[c.Source] = true
			if compose.Configs[c.Source].Content == "" {
				t.Errorf("compose.yaml: %s uses the config %s, which is not there", name, c.Source)
			}
		}
	}
	if len(compose.Volumes) != len(usedVolumes) || len(compose.Configs) != len(usedConfigs) {
		t.Error("compose.yaml: declares volumes or configs that nobody uses")
	}
	if !slices.Equal(alone, []string{"app"}) {
		t.Errorf("compose.yaml: %v start without a profile, want the app alone", alone)
	}
	// 6 nodes, 3 Keepers, 2 apps, 1 proxy; 1 server, 1 app.
	if profiles["cluster"] != 12 || profiles["server"] != 2 {
		t.Errorf("compose.yaml: services by profile %v, want cluster 12 and server 2", profiles)
	}
}

// The program runs without root and without writing anything but its data, however it is started;
// the settings that an operator finds in one place are those of the README.
func TestRunsWithoutRoot(t *testing.T) {
	if !regexp.MustCompile(`(?m)^USER \d+:\d+$`).MatchString(read(t, "Containerfile")) {
		t.Error("Containerfile: names no user by number, so a cluster can't tell that it isn't root")
	}
	if compose := read(t, "compose.yaml"); !strings.Contains(compose, "\n  read_only: true\n") || !strings.Contains(compose, "\n  cap_drop: [ALL]\n") {
		t.Error("compose.yaml: the app may write its root, or has capabilities")
	}
	unit := read(t, ".ci/bundle/shuixuan.service")
	for _, line := range []string{"User=shuixuan", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "PrivateTmp=yes", "Type=notify", "StateDirectory=shuixuan"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("shuixuan.service: lacks %s", line)
		}
	}
	readme := read(t, "README.md")
	for _, file := range []string{".ci/bundle/shuixuan.env", "docs/operations.md"} {
		for _, name := range regexp.MustCompile(`\bSHUIXUAN_[A-Z_]+\b`).FindAllString(read(t, file), -1) {
			if !strings.Contains(readme, "`"+name+"`") {
				t.Errorf("%s names %s, which README.md doesn't tell of", file, name)
			}
		}
	}
}

// Who ships a part ships its licence: each module in the binary and each npm
// package is in NOTICE, with the version that is pinned.
func TestNotice(t *testing.T) {
	notice := read(t, "NOTICE")
	type linked struct {
		Module *struct {
			Path, Version string
			Main          bool
		}
	}
	seen := map[string]bool{}
	for _, p := range goList[linked](t, "-e", "-deps", "-json=Module", "./app") {
		if p.Module == nil || p.Module.Main || seen[p.Module.Path] {
			continue
		}
		seen[p.Module.Path] = true
		if line := "  " + p.Module.Path + " " + p.Module.Version + "\n"; !strings.Contains(notice, line) {
			t.Errorf("NOTICE: add%s with its licence and copyright line", strings.TrimSuffix(line, "\n"))
		}
	}
	for name, p := range npmPackages(t) {
		if p.Dev { // a tool of the tests, in no binary
			continue
		}
		if line := "  " + name + " " + p.Version + "\n"; !strings.Contains(notice, line) {
			t.Errorf("NOTICE: add%s with its licence and copyright line", strings.TrimSuffix(line, "\n"))
		}
	}
	// The other way round: what NOTICE says of a Go module is what go.mod says.
	required := read(t, "go.mod")
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z.]+\.[a-z]+/\S+) (v\S+)$`).FindAllStringSubmatch(notice, -1) {
		if !strings.Contains(required, "\t"+m[1]+" "+m[2]) {
			t.Errorf("NOTICE: %s %s is not the version of go.mod", m[1], m[2])
		}
	}
}

// The container and make copy the same assets.
func TestContainerAssets(t *testing.T) {
	makefile, container := read(t, "Makefile"), read(t, "Containerfile")
	assets := regexp.MustCompile(`node_modules/[\w./@-]+\.min\.(?:js|css)`)
	want, got := assets.FindAllString(makefile, -1), assets.FindAllString(container, -1)
	if len(want) == 0 || !slices.Equal(want, got) {
		t.Errorf("Containerfile copies %v, Makefile %v", got, want)
	}
}

type npmPackage struct {
	Version, Integrity string
	Dev                bool
}

// npmPackages are the packages of the lock file, ours left out.
func npmPackages(t *testing.T) map[string]npmPackage {
	t.Helper()
	var lock struct{ Packages map[string]npmPackage }
	if err := json.Unmarshal([]byte(read(t, "package-lock.json")), &lock); err != nil {
		t.Fatal(err)
	}
	all := map[string]npmPackage{}
	for place, p := range lock.Packages {
		if name := strings.TrimPrefix(place, "node_modules/"); name != "" {
			all[name] = p
		}
	}
	if len(all) == 0 {
		t.Fatal("package-lock.json: no packages")
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestNoSecretIsTracked: tokens, private keys and hashes of passwords are made where the
// program runs.
func TestNoSecretIsTracked(t *testing.T) {
	for _, file := range tracked(t) {
		if found := secret.FindString(read(t, file)); found != "" {
			t.Errorf("%s: holds %.20s…", file, found)
		}
	}
	for _, known := range []string{"sx_" + strings.Repeat("aB3-_", 9)[:43], "-----BEGIN EC " + "PRIVATE KEY-----", "$argon2id" + "$v=19$m=65536,t=3,p=2$" + strings.Repeat("A", 22) + "$"} {
		if !secret.MatchString(known) {
			t.Errorf("%.20s… is not recognised", known)
		}
	}
}

var secret = regexp.MustCompile(`\bsx_[A-Za-z0-9_-]{43}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{22}\$`)

// tracked are the files that a commit of everything would hold.
func tracked(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat("../.git"); err != nil {
		t.Skip("not a clone: nothing is tracked")
	}
	// The clone may belong to another user, as in a container. Files that nobody has added
	// are somebody's own: a data folder, say, that lies in the clone.
	command := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached")
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	var files []string
	for file := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if _, err := os.Stat(filepath.Join("..", string(file))); err == nil { // not deleted since
			files = append(files, string(file))
		}
	}
	return files
}

// docs/security.md claims nothing that no test shows: each test it names is there.
func TestSecurityNamesItsTests(t *testing.T) {
	text := read(t, "docs/security.md")
	folders := map[string]string{"auth": "app/internal/auth", "web": "app/internal/web"}
	named := regexp.MustCompile("`([a-z_/]+_test\\.go):((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text, -1)
	if len(named) < 100 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, m := range named {
		file := m[1]
		if top, rest, _ := strings.Cut(file, "/"); folders[top] != "" {
			file = folders[top] + "/" + rest
		}
		source, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
		if err != nil || !strings.Contains(string(source), "func "+m[2]+"(") {
			t.Errorf("docs/security.md names %s in %s, which is not there", m[2], file)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| no.") || strings.HasPrefix(line, "| topic") {
			continue
		}
		how := strings.ToLower(cells[3])
		if strings.TrimSpace(cells[4]) == "" && !strings.Contains(how, "not applicable") && !strings.Contains(how, "**") {
			t.Errorf("docs/security.md line %d claims %q and names no test", i+1, strings.TrimSpace(cells[3]))
		}
	}
}
