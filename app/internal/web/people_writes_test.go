package web

import (
	"maps"
	"net/url"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
)

// newcomer makes an account without a password for one test.
func (s *site) newcomer(t *testing.T, login string) {
	t.Helper()
	person := auth.Person{Login: login, Name: "新来的", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"}
	if _, err := s.Auth.AddPerson(t.Context(), audit.System("test"), person, ""); err != nil {
		t.Fatal(err)
	}
}

// changed is a request of the office about an account of its own making.
func changed(login, act string, fields url.Values) func(*testing.T, *site) request {
	return func(t *testing.T, s *site) request {
		s.newcomer(t, login)
		return request{as: "chuang", path: "/c/feicheng/people/" + login + "/" + act, fields: fields, thing: login}
	}
}

func init() {
	const invited = "an account comes with the invitation by which its person sets a password"
	maps.Copy(writeFixtures, map[string]write{
		"POST /invite/:token": {leaves: []string{"person.accept", "session.start"}, why: "who has set a password is signed in", prepare: func(t *testing.T, s *site) request {
			s.newcomer(t, "yaoqing")
			token, _, err := s.Auth.Invite(t.Context(), audit.System("test"), "yaoqing")
			if err != nil {
				t.Fatal(err)
			}
			return request{path: invitePath + token, fields: url.Values{"password": {password}, "again": {password}}, thing: "yaoqing"}
		}},
		"POST /me/sign-out": {leaves: []string{"session.end-all"}, prepare: func(t *testing.T, s *site) request {
			return request{cookie: s.somebody(t, "quantui"), path: "/me/sign-out", fields: url.Values{}, thing: "quantui"}
		}},
		"POST /c/:campaign/people": {leaves: []string{"person.add", "person.invite"}, why: invited, prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/people", fields: url.Values{"login": {"xinjian"}, "name": {"新建"}, "role": {"unit"}, "unit": {"jiaoyuju"}}, thing: "xinjian"}
		}},
		"POST /c/:campaign/people/slips": {leaves: []string{"person.invite"}, prepare: func(t *testing.T, s *site) request {
			s.newcomer(t, "dayin")
			return request{as: "chuang", path: "/c/feicheng/people/slips", fields: url.Values{"person": {"dayin"}}, thing: "dayin"}
		}},
		"POST /c/:campaign/people/import/upload": {why: "the file is only kept for its preview; taking it (commit) leaves the events", prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/people/import/upload", kind: "people", file: "姓名,单位\n预览者,市住建局\n"}
		}},
		"POST /c/:campaign/people/import/commit": {leaves: []string{"person.add", "person.invite"}, why: invited, prepare: func(t *testing.T, s *site) request {
			preview := s.make(t, request{as: "chuang", path: "/c/feicheng/people/import/upload", kind: "people", file: "姓名,单位\n导入者,市住建局\n"})
			address, err := url.Parse(preview.header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			return request{as: "chuang", path: "/c/feicheng/people/import/commit", fields: address.Query(), thing: "导入者"}
		}},
		"POST /c/:campaign/people/:person/edit":    {leaves: []string{"person.put"}, once: true, prepare: changed("gaiming", "edit", url.Values{"revision": {"1"}, "name": {"改了名"}, "role": {"unit"}, "unit": {"zhujianju"}})},
		"POST /c/:campaign/people/:person/disable": {leaves: []string{"person.disable"}, once: true, prepare: changed("tingyong", "disable", url.Values{"revision": {"1"}})},
		"POST /c/:campaign/people/:person/enable": {leaves: []string{"person.enable"}, once: true, prepare: func(t *testing.T, s *site) request {
			s.newcomer(t, "qiyong")
			if err := s.Auth.DisablePerson(t.Context(), audit.System("test"), "qiyong"); err != nil {
				t.Fatal(err)
			}
			return request{as: "chuang", path: "/c/feicheng/people/qiyong/enable", fields: url.Values{"revision": {"2"}}, thing: "qiyong"}
		}},
		"POST /c/:campaign/people/:person/invite": {leaves: []string{"person.invite"}, prepare: changed("zaiqing", "invite", url.Values{})},
		"POST /c/:campaign/tokens": {leaves: []string{"token.add"}, prepare: func(t *testing.T, s *site) request {
			return request{as: "chuang", path: "/c/feicheng/tokens", fields: url.Values{"name": {"台账系统"}, "role": {"unit"}, "unit": {"zhujianju"}, "days": {"30"}}}
		}},
		"POST /c/:campaign/tokens/:token/revoke": {leaves: []string{"token.revoke"}, prepare: func(t *testing.T, s *site) request {
			id, _, err := s.Auth.AddToken(t.Context(), audit.System("test"), audit.RoleUnit, "feicheng", "zhujianju", "台账系统", time.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return request{as: "chuang", path: "/c/feicheng/tokens/" + id + "/revoke", fields: url.Values{}, thing: id}
		}},
	})
}
