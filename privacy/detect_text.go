package privacy

import (
	"encoding/base64"
	"strings"
)

// findURLs finds what a URL says about the person who opens it: credentials
// before the host, query values under names that identify, a fragment or value
// that hides a mailbox, a profile page.
func findURLs(dst []span, s string) []span {
	for from := 0; ; {
		at := strings.Index(s[from:], "://")
		if at < 0 {
			return dst
		}
		start := from + at + len("://")
		end := start
		for end < len(s) && strings.IndexByte(" \t\r\n\"<>`|", s[end]) < 0 {
			end++
		}
		dst = findInURL(dst, s, start, end)
		from = start
	}
}

func findInURL(dst []span, s string, start, end int) []span {
	host := start
	authority := start + cutLen(s[start:end], "/?#")
	if at := strings.LastIndexByte(s[start:authority], '@'); at >= 0 {
		if at > 0 && s[start:start+at] != withheldWord {
			dst = append(dst, span{start, start + at, textUserinfo})
		}
		host = start + at + 1
	}
	dst = findProfile(dst, s, host, authority, end)
	query := authority + cutLen(s[authority:end], "?#")
	for query < end {
		part := query + 1
		next := part + cutLen(s[part:end], "?#&;")
		dst = findInQuery(dst, s, part, next)
		query = next
	}
	return dst
}

// cutLen is how far s goes before the first of the characters.
func cutLen(s, chars string) int {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return i
	}
	return len(s)
}

func findInQuery(dst []span, s string, start, end int) []span {
	key, value, named := strings.Cut(s[start:end], "=")
	if !named || strings.Trim(value, "=") == "" { // padding of Base64 is no value
		value, named = s[start:end], false
	}
	if value == "" || value == withheldWord {
		return dst
	}
	at := span{start: end - len(value), end: end}
	switch {
	case named && secretKey(key):
		at.rule = textURLSecret
	case named && personKey(key) || hidesMailbox(value):
		at.rule = textQuery
	default:
		return dst
	}
	return append(dst, at)
}

// personKey reports whether a query key names a person.
func personKey(k string) bool {
	switch strings.ToLower(k) {
	case "email", "e-mail", "mail", "e_mail", "emailaddress", "user", "username", "user_name", "userid", "user_id", "uid", "login",
		"login_hint", "account", "accountid", "upn", "phone", "tel", "mobile", "msisdn", "firstname", "lastname", "fullname", "rcpt", "recipient", "victim":
		return true
	}
	return false
}

// secretKey reports whether a query key or an assignment names a secret.
func secretKey(k string) bool {
	switch strings.ToLower(strings.TrimLeft(k, "-/")) {
	case "password", "passwd", "pwd", "passphrase", "secret", "client_secret", "token", "access_token", "refresh_token", "id_token", "auth_token",
		"apikey", "api_key", "api-key", "session", "sessionid", "session_id", "sid", "jsessionid", "phpsessid", "authorization":
		return true
	}
	return false
}

// hidesMailbox reports whether a value is a mailbox in Base64 or in percent
// encoding: how phishing kits mark the victim in a link.
func hidesMailbox(v string) bool {
	if strings.Contains(strings.ToLower(v), "%40") {
		return true
	}
	if len(v) < 12 || len(v) > 400 {
		return false
	}
	trimmed := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(v), "=")
	plain, err := base64.RawStdEncoding.DecodeString(trimmed)
	return err == nil && len(findEmails(nil, string(plain))) > 0
}

// findProfile finds the account in the address of a profile page on the sites
// where such pages are the usual way to name a person.
func findProfile(dst []span, s string, host, authority, end int) []span {
	site := strings.TrimPrefix(strings.ToLower(refang(s[host:authority])), "www.")
	path := s[authority:end]
	path = path[:cutLen(path, "?#")]
	prefixes := profilePaths(site)
	for _, p := range prefixes {
		rest, ok := strings.CutPrefix(path, p)
		if !ok {
			continue
		}
		name := rest[:cutLen(rest, "/)]'\"*,")]
		at := authority + len(p)
		if len(name) >= 2 && name != withheldWord {
			dst = append(dst, span{at, at + len(name), textHandle})
		}
		return dst
	}
	return dst
}

func profilePaths(site string) []string {
	switch site {
	case "reddit.com", "old.reddit.com":
		return []string{"/user/", "/u/"}
	case "twitter.com", "x.com", "github.com", "instagram.com", "t.me", "facebook.com":
		return []string{"/"}
	case "linkedin.com":
		return []string{"/in/"}
	case "youtube.com", "tiktok.com", "medium.com":
		return []string{"/@"}
	}
	return nil
}

// profileRoots are the directories whose children are named after users.
var profileRoots = []string{`\users\`, `/users/`, `/home/`, `\documents and settings\`, `/var/mail/`, `\users\\`, `\\users\\`}

// findUserPaths finds the user name in a path: C:\Users\name\, /home/name.
func findUserPaths(dst []span, s string) []span {
	low := strings.ToLower(s)
	if len(low) != len(s) {
		low = asciiLower(s)
	}
	for _, root := range profileRoots {
		for from := 0; ; {
			at := strings.Index(low[from:], root)
			if at < 0 {
				break
			}
			start := from + at + len(root)
			from = start
			end := start + cutLen(s[start:], "\\/:*?\"<>|\r\n\t,;'`")
			if end == len(s) || s[end] != '\\' && s[end] != '/' {
				// The last segment of a path in a sentence ends with the word.
				end = start + cutLen(s[start:end], " ")
			}
			if name := strings.TrimRight(s[start:end], ".)"); len(name) > 1 && personalSegment(name) && !webPath(s[:from-len(root)]) {
				dst = append(dst, span{start, start + len(name), textUserPath})
			}
		}
	}
	return dst
}

// webPath reports whether the text before ends inside a URL: /users/ there is a
// route of the site.
func webPath(before string) bool {
	word := before[strings.LastIndexAny(before, " \t\n\"'")+1:]
	return strings.Contains(word, "://") && !strings.HasPrefix(strings.ToLower(word), "file:") || strings.Contains(word, "[.]")
}

// personalSegment reports whether a directory name can be a person's: not the
// profiles every machine has, not a placeholder.
func personalSegment(name string) bool {
	if strings.ContainsAny(name, "%$<>{}[]") {
		return false
	}
	switch strings.ToLower(name) {
	case "public", "default", "default user", "all users", "defaultaccount", "default.migrated", "administrator", "admin", "guest", "user", "username",
		"users", "root", "shared", "systemprofile", "localservice", "networkservice", "local service", "network service", "system", "ubuntu", "ec2-user",
		"username1", "name", "bin", "etc", "lib", "log", "opt", "srv", "tmp", "usr", "var", withheldWord:
		return false
	}
	return true
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// findTokens finds security identifiers of Windows accounts and our own
// pseudonyms, which stay personal for whoever holds the key (EDPB Guidelines
// 01/2025 on pseudonymisation).
func findTokens(dst []span, s string) []span {
	for i := range len(s) {
		if s[i] != '-' {
			continue
		}
		if i > 0 && (s[i-1] == 'S' || s[i-1] == 's') && (i == 1 || !alnum(s[i-2])) && strings.HasPrefix(s[i:], "-1-5-21-") {
			end := i + len("-1-5-21-")
			for end < len(s) && (digit(s[end]) || s[end] == '-') {
				end++
			}
			if end-i > 24 {
				dst = append(dst, span{i - 1, end, textSID})
			}
		}
		if start, end := tokenAround(s, i); end > 0 {
			dst = append(dst, span{start, end, textPseudonym})
		}
	}
	return dst
}

// findSecrets finds key material and passwords that are given away by their
// form (J24).
func findSecrets(dst []span, s string, h hints) []span {
	if h.dashes >= 10 {
		if at := strings.Index(s, "-----BEGIN "); at >= 0 && strings.Contains(s[at:min(len(s), at+64)], "PRIVATE KEY") {
			end := len(s)
			if stop := strings.Index(s[at:], "-----END "); stop >= 0 {
				end = at + stop
			}
			dst = append(dst, span{at, end, textSecret})
		}
	}
	if h.digits > 0 {
		dst = findCloudKeys(dst, s)
	}
	if !h.equals {
		return dst
	}
	for i := range len(s) {
		if s[i] != '=' || i+1 >= len(s) {
			continue
		}
		key := i
		for key > 0 && (alnum(s[key-1]) || s[key-1] == '_' || s[key-1] == '-') {
			key--
		}
		value := s[i+1:]
		value = value[:cutLen(value, " \t\r\n&;,\"'`<>|)")]
		if key < i && len(value) >= 4 && secretKey(s[key:i]) && !strings.HasPrefix(value, withheldWord) && !strings.HasPrefix(value, Withheld) {
			dst = append(dst, span{i + 1, i + 1 + len(value), textSecret})
		}
	}
	return dst
}

// findCloudKeys finds access key ids of the form AKIA + 16.
func findCloudKeys(dst []span, s string) []span {
	const n = 20
	for from := 0; ; {
		at := strings.Index(s[from:], "AKIA")
		if at < 0 || from+at+n > len(s) {
			return dst
		}
		at += from
		from = at + 4
		ok := at == 0 || !alnum(s[at-1])
		for _, c := range []byte(s[at : at+n]) {
			ok = ok && (c >= 'A' && c <= 'Z' || c >= '2' && c <= '7')
		}
		if ok && (at+n == len(s) || !alnum(s[at+n])) {
			dst = append(dst, span{at, at + n, textSecret})
		}
	}
}
