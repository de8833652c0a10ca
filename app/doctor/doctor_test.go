package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	check := func(newest time.Time, synced bool, want Mark, says string) {
		t.Helper()
		if f := Clock(now, newest, synced); f.Mark != want || !strings.Contains(f.Says, says) || (f.Do == "") != (want == Good) {
			t.Errorf("newest %s: %+v, want %s", newest, f, want)
		}
	}
	check(time.Time{}, true, Good, "08:00:00")
	check(now.Add(-time.Hour), true, Good, "已对时")
	check(now.Add(time.Minute), true, Good, "") // another machine's clock
	check(now.Add(-time.Hour), false, Watch, "没有与时间服务器对时")
	check(now.Add(3*time.Hour), true, Bad, "3小时")
	check(now.Add(72*time.Hour), false, Bad, "3天")
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	check := func(dir string, want Mark, gone bool, words ...string) {
		t.Helper()
		f, missing := Folder(dir)
		if f.Mark != want || missing != gone {
			t.Errorf("%s: %+v, %t", dir, f, missing)
		}
		for _, word := range words {
			if !strings.Contains(f.Says+f.Do, word) {
				t.Errorf("%s: %+v lacks %s", dir, f, word)
			}
		}
	}
	os.Chmod(dir, 0o750)
	check(dir, Good, false)
	os.Chmod(dir, 0o755)
	check(dir, Watch, false, "谁都能读", "chmod")
	check(filepath.Join(dir, "no"), Watch, true, "--data")
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o600)
	check(file, Bad, true, "不是文件夹")
	if os.Geteuid() == 0 {
		other := filepath.Join(dir, "other")
		os.Mkdir(other, 0o700)
		os.Chown(other, 65534, 65534)
		check(other, Bad, false, "65534", "sudo -u")
	}
}

func TestDisk(t *testing.T) {
	if f := Disk(t.TempDir()); f.Says == "" || !strings.Contains(f.Says, "共") {
		t.Errorf("%+v", f)
	}
	if f := Disk("/proc"); f.Mark == Good {
		t.Errorf("/proc is no disk to keep data on: %+v", f)
	}
	if f := Syncing(t.TempDir()); f.Mark == Bad || !strings.Contains(f.Says, "毫秒") {
		t.Errorf("%+v", f)
	}
	if f := Syncing(filepath.Join(t.TempDir(), "none")); f.Mark != Bad {
		t.Errorf("%+v", f)
	}
	if f := syncing(35*time.Millisecond, time.Second); f.Mark != Watch || !strings.Contains(f.Says, "35.0 毫秒") {
		t.Errorf("%+v", f)
	}
}

func TestFonts(t *testing.T) {
	dir := t.TempDir()
	check := func(want Mark, word string) {
		t.Helper()
		if f := Fonts([]string{dir, filepath.Join(dir, "none")}); f.Mark != want || !strings.Contains(f.Says, word) {
			t.Errorf("%+v, want %s and %s", f, want, word)
		}
	}
	check(Watch, "没有中文字体")
	os.MkdirAll(filepath.Join(dir, "a/b"), 0o755)
	os.WriteFile(filepath.Join(dir, "a/b/NotoSansCJK-Regular.ttc"), nil, 0o600)
	check(Good, "仿宋、楷体、小标宋没有")
	for _, name := range []string{"simfang.ttf", "SimKai.ttf", "方正小标宋简体.ttf"} {
		os.WriteFile(filepath.Join(dir, name), nil, 0o600)
	}
	check(Good, "都有")
}
