package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"shuixuan/app/backup"
	"shuixuan/app/internal/dossiers"
	"shuixuan/app/internal/opendata"
	"shuixuan/app/internal/web"
	"shuixuan/app/problem"
)

type serveCommand struct {
	Listen       string        `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"ADDR"`
	Demo         bool          `help:"Load the demonstration campaigns on the first start."`
	URL          string        `name:"url" help:"How people reach the server, for invitations, as in https://shuixuan.example.gov.cn; else as they called it." placeholder:"URL"`
	TLSCert      string        `name:"tls-cert" help:"File of a certificate with its chain: serve by TLS. Read again when it changes and on SIGHUP." placeholder:"FILE"`
	TLSKey       string        `name:"tls-key" help:"File of the certificate's key." placeholder:"FILE"`
	OpenListen   string        `help:"Address of the read-only ClickHouse HTTP interface for other programs, as in 127.0.0.1:8123; without it there is none." placeholder:"ADDR"`
	MetricsToken string        `help:"Secret by which a Prometheus on another machine reads /metrics, 16 characters at least; better as a variable than as a flag." placeholder:"TEXT"`
	Drain        time.Duration `help:"How long /readyz says no before the server stops; for several servers behind a proxy, longer than its checks take." default:"0s" placeholder:"TIME"`
	TrustedProxy []string      `help:"Address of a proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; may be repeated." placeholder:"ADDR"`

	Backup backupFlags `embed:"" group:"backup"`

	Dev bool `help:"Reload templates from disk on every request." hidden:""`
}

// stopTime is how long requests may take to end after a signal.
const stopTime = 20 * time.Second

// Run serves until a signal.
func (c *serveCommand) Run(s *session) error {
	if err := c.check(s); err != nil {
		return err
	}
	schedule, err := c.Backup.schedule(s)
	if err != nil {
		return err
	}
	return s.with(func(p *program) error {
		if err := p.sound(s); err != nil {
			return err
		}
		if c.Demo {
			if err := p.loadDemo(s, civilDay(time.Now())); err != nil {
				return fmt.Errorf("load demonstration: %w", err)
			}
		}
		if _, err := p.seal.Key(); err != nil { // made at the first start; without it all but sealing works
			warnOfKey(s, err)
		}
		server, err := p.server(s, c)
		if err != nil {
			return err
		}
		if err := server.Dossiers.Resume(s.ctx); err != nil {
			return err
		}
		if err := server.Open(c.Listen); err != nil {
			return listenProblem("--listen", c.Listen, err)
		}
		outside, err := p.openData(s, c, server)
		if err != nil {
			return err
		}
		defer p.keepBackups(s, schedule)()
		return serve(s, server, outside, c.TLSCert != "", c.Drain)
	})
}

// keepBackups makes the backups of the schedule, and those that a command asks for, until stop.
func (p *program) keepBackups(s *session, schedule *backup.Schedule) (stop func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	source := p.backups(s)
	source.Gentle = true
	clerk := backup.Clerk{Source: source, Schedule: schedule, Asks: backup.Asks{Data: s.cli.Data}, Log: s.log}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		clerk.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// warnOfKey tells the operator what is wrong with the key of the seal.
func warnOfKey(s *session, err error) {
	s.log.Error("the key of the seal can't be used", "error", err.Error())
	if p, ok := problem.As(err); ok {
		s.say("%s。%s", p.Title, p.Detail)
	}
}

// check tells what is wrong with the words before anything is opened.
func (c *serveCommand) check(s *session) error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return wrongWords("--tls-cert 和 --tls-key 要一起写明，或都不写")
	}
	if c.OpenListen != "" && s.cli.ClickHouse != "" {
		return wrongWords("--open-listen 只用于内置的数据库引擎。数据在 ClickHouse 服务器上时，请在服务器上建一个只读用户：shuixuan open-user")
	}
	if c.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			return wrongWords("证书用不了：%v。请核对 --tls-cert 和 --tls-key 两个文件", err)
		}
	}
	if n := len(c.MetricsToken); n > 0 && n < 16 {
		return wrongWords("--metrics-token 至少要16个字符，例如用 openssl rand -hex 24 生成")
	}
	for _, proxy := range c.TrustedProxy {
		if _, err := netip.ParsePrefix(proxy); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(proxy); err != nil {
			return wrongWords("“%s”不是地址，--trusted-proxy 请写成 10.0.0.1 或 10.0.0.0/24", proxy)
		}
	}
	if c.URL != "" {
		at, err := url.Parse(c.URL)
		if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" || strings.Trim(at.Path, "/") != "" {
			return wrongWords("“%s”不是网址，--url 请写成 https://shuixuan.example.gov.cn", c.URL)
		}
	}
	return nil
}

// china is where civil dates are decided.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// civilDay gives the date in China at an instant, as midnight UTC.
func civilDay(at time.Time) time.Time {
	year, month, day := at.In(china).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// server wires the pages onto the program.
func (p *program) server(s *session, c *serveCommand) (*web.Server, error) {
	return web.New(web.Config{Dev: c.Dev, TrustedProxies: c.TrustedProxy, PublicURL: c.URL, Cert: c.TLSCert, Key: c.TLSKey, Version: version, Logger: s.log, Clock: time.Now, Scratch: s.cli.Data, Drain: c.Drain, MetricsToken: c.MetricsToken, Open: c.OpenListen}, web.Parts{
		DB: p.db, Campaigns: p.campaigns, Units: p.units, Placements: p.placements, Surveys: p.surveys,
		Ingest: p.ingest, Reader: p.reader, Auth: p.auth, Audit: p.audit, Seal: p.seal, Dossiers: dossiers.New(p.dossierParts(s, nil)),
	})
}

// serve answers on the opened address until the session ends, then lets running requests finish.
func serve(s *session, server *web.Server, outside *opendata.Server, secure bool, drain time.Duration) error {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	defer runtime.KeepAlive(ballast())
	s.say("水宣已启动：%s://%s  （按 Ctrl+C 停止）", scheme, server.Addr())
	if outside != nil {
		s.say("只读数据接口：%s://%s", scheme, outside.Addr())
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for {
			select {
			case <-hup:
				if err := server.ReloadCertificate(); err != nil {
					s.log.Error("the new certificate can't be used, the old one stays", "error", err.Error())
				}
			case <-s.ctx.Done():
				return
			}
		}
	}()
	done, ended := make(chan error, 1), make(chan error, 1)
	go func() { done <- server.Listen("") }()
	if outside != nil {
		go func() {
			err := outside.Serve()
			if err != nil { // the pages go on
				s.log.Error("the read-only interface has ended; start again to have it back", "error", err.Error())
			}
			ended <- err
		}()
	} else {
		ended <- nil
	}
	notify("READY=1")
	select {
	case err := <-done:
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		return errors.Join(err, stopOutside(ctx, outside), <-ended)
	case <-s.ctx.Done():
	}
	notify("STOPPING=1")
	s.say("正在停止，等待进行中的提交完成……")
	ctx, cancel := context.WithTimeout(context.Background(), drain+stopTime)
	defer cancel()
	// beside each other: a dashboard that reads slowly takes no time from people's submissions
	stopped := make(chan error, 1)
	go func() { stopped <- stopOutside(ctx, outside) }()
	return errors.Join(server.Shutdown(ctx), <-done, <-stopped, <-ended)
}

// ballast is never touched, so it takes addresses and no memory. The collector runs when as much
// has been made as lives: with the few MB that live here that was a fifth of the processor while
// responses came in by the thousand.
func ballast() []byte { return make([]byte, 64<<20) }

func listenProblem(flag, addr string, err error) error {
	if errors.Is(err, os.ErrPermission) {
		return wrongWords("没有权限监听 %s，请换一个大于1024的端口，例如 %s 127.0.0.1:8080", addr, flag)
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return wrongWords("端口已被别的程序占用，不能监听 %s。请停止那个程序，或换一个端口，例如 %s 127.0.0.1:9000", addr, flag)
	}
	return wrongWords("“%s”不能用作监听地址（%v）。请写成“地址:端口”，例如 %s 127.0.0.1:9000", addr, err, flag)
}
