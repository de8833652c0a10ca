package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
)

var theOffice = audit.Actor{ID: "chuang", Role: audit.RoleOffice, Campaign: "feicheng"}

// TestTheClientBehindAProxy: each proxy adds at the end whom it was asked by, so only what
// trusted ones have added is believed. app.Test comes from 0.0.0.0.
func TestTheClientBehindAProxy(t *testing.T) {
	check := func(trusted []string, want string, header ...string) {
		t.Helper()
		s := newSite(t, 0)
		var err error
		if s.proxies, err = parseProxies(trusted); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/login", nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Add(header[i], header[i+1])
		}
		s.send(r)
		if line := "address=" + want; !strings.Contains(s.log.String(), line) {
			t.Errorf("%v %v: no %s in the log:\n%s", trusted, header, line, s.log)
		}
	}
	const xff = "X-Forwarded-For"
	check(nil, "0.0.0.0", xff, "203.0.113.9", "X-Real-IP", "203.0.113.9", "Forwarded", "for=203.0.113.9")
	check([]string{"10.0.0.1"}, "0.0.0.0", xff, "203.0.113.9") // asked past the proxy
	check([]string{"0.0.0.0"}, "203.0.113.9", xff, "203.0.113.9")
	check([]string{"0.0.0.0"}, "203.0.113.9", xff, "1.2.3.4, 203.0.113.9") // the client wrote the first itself
	check([]string{"0.0.0.0"}, "203.0.113.9", xff, "1.2.3.4", xff, "203.0.113.9")
	check([]string{"0.0.0.0", "10.0.0.0/8"}, "203.0.113.9", xff, "1.2.3.4, 203.0.113.9, 10.1.2.3")
	check([]string{"0.0.0.0"}, "0.0.0.0", xff, "unknown", "X-Real-IP", "203.0.113.9")
	check([]string{"0.0.0.0"}, "0.0.0.0", "X-Real-IP", "203.0.113.9")
	check([]string{"0.0.0.0"}, "2001:db8::9", xff, "2001:db8::9")
	if _, err := parseProxies([]string{"proxy.example"}); err == nil {
		t.Error("a name was taken for an address of a proxy")
	}
}

func TestRates(t *testing.T) {
	s := newSite(t, 0)
	now := time.Date(2014, 10, 8, 1, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s.as("chuang")
	s.as("zhujian")
	s.limits = newLimits(Rates{Account: Rate{1, 5}, Token: Rate{1, 3}, Address: Rate{10, 40}}, clock)
	for range 5 {
		if got := s.do("zhujian", "GET", "/me", nil); got.status != 200 {
			t.Fatalf("within the rate: %d", got.status)
		}
	}
	got := s.do("zhujian", "GET", "/me", nil)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, "请过1秒再试") {
		t.Errorf("over the rate: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	if got := s.do("chuang", "GET", "/me", nil); got.status != 200 {
		t.Errorf("another account: %d", got.status)
	}
	now = now.Add(time.Second)
	if got := s.do("zhujian", "GET", "/me", nil); got.status != 200 {
		t.Errorf("a second later: %d", got.status)
	}
	_, token, err := s.Auth.AddToken(t.Context(), theOffice, "unit", "feicheng", "zhujianju", "程序", s.clock().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[int]int{}
	for range 5 {
		got := s.do("", "GET", "/api/v1/campaigns", nil, "Authorization", "Bearer "+token)
		statuses[got.status]++
	}
	if statuses[200] != 3 || statuses[429] != 2 {
		t.Errorf("a token of three at once was answered %v", statuses)
	}
	for range 60 { // the address, whoever asks
		s.do("", "GET", "/login", nil)
	}
	if got := s.do("", "GET", "/login", nil); got.status != http.StatusTooManyRequests || !strings.Contains(got.body, "您所在网络") {
		t.Errorf("over the ceiling of the address: %d", got.status)
	}
	// Three hundred people behind one line open a page with its parts in one second.
	bureau := newLimits(DefaultRates(), clock)
	for range 300 * 60 {
		if wait := bureau.addresses.take("203.0.113.9"); wait > 0 {
			t.Fatalf("a bureau of 300 is made to wait %v", wait)
		}
	}
	for i := range 3 * mostLimited {
		bureau.addresses.take(fmt.Sprint(i))
	}
	if n := len(bureau.addresses.held); n > mostLimited {
		t.Errorf("%d addresses are held, at most %d", n, mostLimited)
	}
}

// TestTheInvitationIsInNoLog: its address is as good as a password.
func TestTheInvitationIsInNoLog(t *testing.T) {
	s := newSite(t, 0)
	const token = "an-invitation-nobody-has"
	got := s.do("", "GET", invitePath+token, nil)
	if got.status != 422 || !strings.Contains(got.body, "邀请链接不对") || got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("an unknown invitation: %d, %v", got.status, got.header)
	}
	s.do("", "POST", invitePath+token, url.Values{"password": {"x"}, "again": {"x"}})
	s.do("", "GET", invitePath+token+"/more", nil)
	for _, address := range []string{"/invite/%61n-invitation-nobody-has", "/Invite/" + token, "/INVITE/" + token + "/", "/%69nvite/" + token, "//invite/" + token, "/x" + invitePath + token} {
		s.do("", "GET", address, nil)
	}
	if strings.Contains(s.log.String(), "invitation-nobody-has") {
		t.Errorf("the token is in the log:\n%s", s.log)
	}
}

func TestHeadersOfSafety(t *testing.T) {
	s := newSite(t, 0)
	got := s.do("chuang", "GET", "/c/feicheng/people", nil)
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Permissions-Policy": "camera=(self), geolocation=(self)", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if !strings.Contains(got.header.Get(name), want) {
			t.Errorf("%s: %q, want %q in it", name, got.header.Get(name), want)
		}
	}
	if got.header.Get("Strict-Transport-Security") != "" {
		t.Error("without TLS a browser is told to insist on it")
	}
}

// certificateFiles makes a certificate for 127.0.0.1 with a name of its own.
func certificateFiles(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestTLS serves by TLS, signs in, and changes the certificate while it runs.
func TestTLS(t *testing.T) {
	s := newSite(t, 0)
	dir := t.TempDir()
	cert, key := certificateFiles(t, dir, "first")
	var err error
	if s.cert, err = newCertificate(cert, key, s.Server.log); err != nil {
		t.Fatal(err)
	}
	if err := s.Open("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Listen("") }()
	t.Cleanup(func() { _ = s.Shutdown(t.Context()); <-done })
	s.as("chuang")
	// named gives the name on the certificate that a new connection is shown.
	named := func(most uint16) (string, error) {
		connection, err := tls.Dial("tcp", s.Addr(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: most})
		if err != nil {
			return "", err
		}
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].Subject.CommonName, nil
	}
	if name, err := named(tls.VersionTLS13); err != nil || name != "first" {
		t.Fatalf("shown %q, %v", name, err)
	}
	if _, err := named(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	response, err := client.PostForm("https://"+s.Addr()+"/login", url.Values{"login": {"chuang"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	cookie := response.Header.Get("Set-Cookie")
	for _, want := range []string{securePrefix + sessionCookie + "=", "; secure", "path=/", "HttpOnly"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if response.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under TLS")
	}
	r, err := http.NewRequest("GET", "https://"+s.Addr()+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", s.as("chuang")) // the name without the prefix: anybody on the domain could set it
	if response, err = client.Do(r); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		t.Errorf("under TLS a session under the open name answered %d", response.StatusCode)
	}
	certificateFiles(t, dir, "second")
	if err := s.ReloadCertificate(); err != nil {
		t.Fatal(err)
	}
	if name, err := named(tls.VersionTLS13); err != nil || name != "second" {
		t.Errorf("after the reload shown %q, %v", name, err)
	}
	if err := os.WriteFile(cert, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.ReloadCertificate(); err == nil {
		t.Error("a broken certificate was taken")
	}
	if name, err := named(tls.VersionTLS13); err != nil || name != "second" {
		t.Errorf("after a broken one shown %q, %v", name, err)
	}
}

// TestPagesAnswerDuringAStorm sends hundreds of sign-ins at once. Most are refused in
// words, and who reads a page waits for none of them.
func TestPagesAnswerDuringAStorm(t *testing.T) {
	s := newSite(t, 0)
	s.as("chuang")
	s.as("zhujian")
	s.Auth.Apply(auth.DefaultSettings()) // the true cost of a password
	var storm sync.WaitGroup
	statuses := make([]int, 400)
	retry := make([]string, len(statuses))
	for i := range statuses {
		storm.Go(func() {
			got := s.do("", "POST", "/login", url.Values{"login": {[]string{"chuang", fmt.Sprint("nobody", i)}[i%2]}, "password": {"wrong"}})
			statuses[i], retry[i] = got.status, got.header.Get("Retry-After")
		})
	}
	for _, address := range []string{"/login", "/healthz", "/c/feicheng/tasks", "/me"} {
		if got := s.do("zhujian", "GET", address, nil); got.status != 200 && got.status != 303 {
			t.Errorf("%s during the storm: %d", address, got.status)
		}
	}
	storm.Wait()
	count := map[int]int{}
	for i, status := range statuses {
		count[status]++
		if refused := status == 429 || status == 503; refused != (retry[i] != "") {
			t.Errorf("%d with Retry-After %q", status, retry[i])
		}
	}
	if count[401]+count[429]+count[503] != len(statuses) || count[503] == 0 {
		t.Errorf("the storm was answered %v", count)
	}
	t.Logf("answered %v", count)
}
