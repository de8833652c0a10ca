package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestOpenListen: from the command that makes a token to the answer, and a clean stop while a
// client keeps its connection; and what is wrong with the words.
func TestOpenListen(t *testing.T) {
	data := t.TempDir()
	var made struct{ Token string }
	mustRun(t, &made, "token", "add", "--role", "open", "--name", "大屏", "--data", data)
	var one struct{ Token string }
	mustRun(t, &one, "token", "add", "--role", "open", "--campaign", "feicheng", "--data", data)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	s := startServer(t, "--data", data, "--open-listen", address)
	ask := func(token string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/?default_format=TabSeparated", strings.NewReader("SELECT name FROM system.tables WHERE database = 'open_shuixuan' AND name = 'answers'"))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("reader", token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	if status, text := ask(made.Token); status != 200 || text != "answers\n" {
		t.Errorf("with the token: %d %s", status, text)
	}
	if status, text := ask(one.Token); status != 200 || text != "answers\n" {
		t.Errorf("with the token of one campaign: %d %s", status, text)
	}
	if status, text := ask("sx_guessed"); status != 403 {
		t.Errorf("with another: %d %s", status, text)
	}
	if code := s.stop(t); code != exitFine {
		t.Errorf("the server ended with %d", code)
	}

	for _, wrong := range [][]string{
		{"serve", "--open-listen", "127.0.0.1:8123", "--clickhouse", "http://127.0.0.1:1/x", "--data", data},
		{"open-user", "--data", data, "--campaign", "feicheng"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), wrong, &stdout, &stderr); code != exitWords || !strings.Contains(stderr.String(), "ClickHouse 服务器") {
			t.Errorf("%v: %d %s", wrong, code, &stderr)
		}
	}
}
