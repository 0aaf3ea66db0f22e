/* postern.yaml: what parses, what is found, which secrets are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/caldate.h"
#include "postern/channel.h"
#include "postern/helpdesk.h"
#include "settings/params.h"
#include "settings/parse.h"
#include "settings/syntax.h"
#include "settings_example.h"

static struct diag diag, notes;

/* --- reading without files ------------------------------------------------ */

static const char *secret_text = "0123456789abcdef0123456789abcdef";
static unsigned int reads;

static int read_double(void *ctx, enum secret_source source, const char *name,
		       const struct setting_row *row, struct secret *ret,
		       struct err *err)
{
	(void)ctx;
	(void)source;
	reads++;
	if (strstr(name, "absent"))
		return ERR_SET(err, ERR_ABSENT, "no such file", 0);
	if (strlen(secret_text) < row->len_min)
		return ERR_SET(err, ERR_INPUT, "the secret is too short", 0);
	return secret_set(ret, secret_text, strlen(secret_text), err);
}

static bool zone_double(void *ctx, const char *zone)
{
	(void)ctx;
	return strcmp(zone, "Europe/Atlantis") != 0;
}

static int64_t today;

static struct settings *parse_as(const char *text, enum settings_role role)
{
	const struct settings_source source = {.dir = "/nowhere",
					       .role = role,
					       .read = read_double,
					       .zone_known = zone_double,
					       .notes = &notes,
					       .today = today};
	struct settings *s = NULL;

	reads = 0;
	diag_init(&diag, "postern.yaml");
	diag_init(&notes, "postern.yaml");
	(void)settings_parse((const uint8_t *)text, strlen(text), &source,
			     &diag, &s);
	assert_int_equal(s == NULL, diag.findings_len > 0);
	return s;
}

static struct settings *parse(const char *text)
{
	return parse_as(text, ROLE_CHECK);
}

static struct settings *example(enum settings_role role)
{
	struct settings *s = parse_as(EXAMPLE, role);

	diag_print(&diag, stderr);
	assert_non_null(s);
	return s;
}

static struct name name(const char *text)
{
	struct name n = {""};

	assert_true(name_set(&n, text, strlen(text)));
	return n;
}

/* --- parsing -------------------------------------------------------------- */

static void the_example_of_the_design_is_read_whole(void **state)
{
	struct settings *s = example(ROLE_CHECK);
	struct name channel = name("kundenservice"), desk = name("desk");
	const struct settings_channel *ch = settings_channel(s, &channel);
	const struct settings_helpdesk *hd = settings_helpdesk(s, &desk);

	(void)state;
	assert_string_equal(s->dir, "/nowhere");
	assert_string_equal(s->controller.name, "Muster GmbH");
	assert_string_equal(s->controller.land, "BE");
	assert_string_equal(s->controller.timezone, "Europe/Berlin");
	assert_string_equal(s->controller.country, "49");
	assert_string_equal(s->listen.public, "127.0.0.1:8080");
	assert_string_equal(s->store, "sqlite");
	assert_string_equal(s->log_level, "info");
	assert_string_equal(s->keys_source, "file");
	assert_non_null(ch);
	assert_string_equal(ch->type, "whatsapp");
	assert_string_equal(ch->path, PATH);
	assert_string_equal(ch->provider.mechanism, "DPF");
	assert_string_equal(ch->provider.review, "2027-03-01");
	assert_string_equal(
	    setting_text(ch->values, ch->values_len, "phone_number_id"),
	    "7794189252778687");
	assert_null(setting_text(ch->values, ch->values_len, "nothing"));
	assert_non_null(hd);
	assert_string_equal(hd->url, "http://127.0.0.1:9000/inbox");
	assert_int_equal(hd->allow_len, 1);
	assert_ptr_equal(settings_route(s, &channel), hd);
	assert_null(settings_route(s, &desk));
	assert_null(settings_channel(s, &desk));
	settings_free(&s);
	assert_null(s);
	settings_free(&s);
}

static void every_limit_has_its_default_inside_its_range(void **state)
{
	struct settings *s = example(ROLE_CHECK);

	(void)state;
	assert_int_equal(params_len * sizeof(int64_t), sizeof(s->limits));
	for (size_t i = 0; i < params_len; i++) {
		const struct param *p = &params[i];
		int64_t value;

		memcpy(&value, (const char *)s + p->offset, sizeof(value));
		assert_true(value == p->fallback);
		assert_true(p->min <= p->fallback && p->fallback <= p->max);
	}
	settings_free(&s);
}

static void every_limit_takes_its_bounds_and_nothing_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < params_len; i++) {
		const struct param *p = &params[i];
		const long long values[] = {
		    (long long)p->min, (long long)p->max, (long long)p->min - 1,
		    (long long)p->max + 1};

		for (size_t j = 0; j < 4; j++) {
			char text[2048];
			struct settings *s;
			int64_t value;

			(void)snprintf(text, sizeof(text),
				       EXAMPLE "limits: {%s: %lld}\n", p->name,
				       values[j]);
			s = parse(text);
			assert_int_equal(s != NULL, j < 2);
			if (!s)
				continue;
			memcpy(&value, (const char *)s + p->offset,
			       sizeof(value));
			assert_true(value == values[j]);
			settings_free(&s);
		}
	}
}

static void a_controller_may_be_told_in_parts(void **state)
{
	static const char text[] =
	    "controller:\n  name: a\n  contact: b\n  land: BE\n"
	    "  address: {street: Weg 1, postal_code: \"01067\", city: "
	    "Dresden}\n"
	    "  email: post@a.example\n  phone: \"+49 351 0\"\n"
	    "  policy_url: https://a.example/p\n";
	struct settings *s = NULL;

	(void)state;
	s = parse(text);
	assert_non_null(s);
	assert_string_equal(s->controller.address.street, "Weg 1");
	assert_string_equal(s->controller.address.postal_code, "01067");
	assert_string_equal(s->controller.address.city, "Dresden");
	assert_string_equal(s->controller.address.country, "DE");
	assert_string_equal(s->controller.email, "post@a.example");
	assert_string_equal(s->controller.phone, "+49 351 0");
	assert_string_equal(s->controller.policy_url, "https://a.example/p");
	settings_free(&s);
}

static void unsubscribing_has_an_address_and_a_secret_for_two(void **state)
{
	static const char text[] =
	    WHO "unsubscribe: {url: \"https://a.example/\", secret: {file: "
		"secrets/u}}\n";
	static const struct {
		enum settings_role role;
		bool kept;
	} roles[] = {
	    {ROLE_INTAKE, true}, {ROLE_WORKER, true}, {ROLE_KEEPER, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		struct settings *s = parse_as(text, roles[i].role);

		assert_non_null(s);
		assert_string_equal(s->unsubscribe.url, "https://a.example");
		assert_int_equal(setting_secret(s->unsubscribe.values,
						s->unsubscribe.values_len,
						"secret") != NULL,
				 roles[i].kept);
		settings_free(&s);
	}
}

static const struct {
	const char *text, *says;
	size_t line;
} mistakes[] = {
    {"", "empty", 0},
    {"- a\n", "has to be a map", 1},
    {"store: sqlite\n", "has no controller", 1},
    {EXAMPLE "lisen: {}\n", "listen", 18},
    {"controller: {contact: b, land: BE}\n", "has no name", 1},
    {"controller: {name: \"\", contact: b, land: BE}\n", "name has 0 bytes", 1},
    {"controller: {name: \"a\\nb\", contact: b, land: BE}\n",
     "control character", 1},
    {"controller: {name: a, contact: b}\n", "has no land", 1},
    {"controller: {name: a, contact: b, land: XX}\n", "land is not known", 1},
    {"controller: {name: a, contact: b, land: BE, timezone: "
     "Berlin}\n",
     "Area/City", 1},
    {"controller: {name: a, contact: b, land: BE, timezone: "
     "Europe/Atlantis}\n",
     "not one this system knows", 1},
    {"controller: {name: a, contact: b, land: BE, timezone: "
     "../Berlin}\n",
     "Area/City", 1},
    {"controller: {name: a, contact: b, land: BE, language: fr}\n",
     "language is not known", 1},
    {"controller: {name: a, contact: b, land: BE, country: \"+49\"}\n",
     "calling code", 1},
    {"controller: {name: a, contact: b, land: BE, contry: \"49\"}\n", "country",
     1},
    {"controller: {name: a, contact: b, land: BE, address: Weg 1}\n",
     "has to be a map", 1},
    {"controller: {name: a, contact: b, land: BE, address: {street: x, city: "
     "y}}\n",
     "has no postal_code", 1},
    {"controller: {name: a, contact: b, land: BE, address: {street: x, "
     "postal_code: \"1\", city: y, town: z}}\n",
     "town", 1},
    {"controller: {name: a, contact: b, land: BE, address: {street: x, "
     "postal_code: \"1\", city: y, country: Germany}}\n",
     "two letters", 1},
    {"controller: {name: a, contact: b, land: BE, email: muster}\n",
     "email is no address", 1},
    {"controller: {name: a, contact: b, land: BE, email: a@b@c}\n",
     "email is no address", 1},
    {"controller: {name: a, contact: b, land: BE, phone: call us}\n",
     "phone is no number", 1},
    {"controller: {name: a, contact: b, land: BE, policy_url: "
     "muster.example}\n",
     "policy_url is no address", 1},
    {WHO "listen: {public: \"8080\"}\n", "no address to listen", 2},
    {WHO "listen: {public: \"127.0.0.1:0\"}\n", "no address to listen", 2},
    {WHO "listen: {public: \"127.0.0.1:8081\"}\n", "one address", 2},
    {WHO "store: postgres\n", "store is not known", 2},
    {WHO "log: {level: loud}\n", "level is not known", 2},
    {WHO "unsubscribe: {url: https://a.example}\n", "has no secret", 2},
    {WHO "unsubscribe: {secret: {file: s}}\n", "has no url", 2},
    {WHO "unsubscribe: {url: http://a.example, secret: {file: s}}\n",
     "no https address", 2},
    {WHO "unsubscribe: {url: https://a.example/?x, secret: {file: s}}\n",
     "no https address", 2},
    {WHO "unsubscribe: {url: https://a.example, secret: {file: s}, to: x}\n",
     "to", 2},
    {WHO "keys: {}\n", "no source", 2},
    {WHO "keys: {source: file, credential: x}\n", "two sources", 2},
    {WHO "keys: {source: env}\n", "source is not known", 2},
    {WHO "keys: {credential: ../x}\n", "no name of a credential", 2},
    {WHO "limits: {attempts_max: many}\n", "out of range", 2},
    {WHO "limits: {atempts_max: 3}\n", "attempts_max", 2},
    {WHO "channels: []\n", "has to be a map", 2},
    {WHO "channels: {\"a b\": {}}\n", "no name of a channel", 2},
    {WHO CHANNEL_HEAD SECRETS "    appi: x\n" PROVIDER DESK ROUTE, "api", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    provider: {role: procesor, "
     "contract: c, mechanism: none, review: 2027-03-01}\n" DESK ROUTE,
     "did you mean processor", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    provider: {role: joint, contract: c, mechanism: none, "
     "review: 2027-02-30}\n" DESK ROUTE,
     "review is no date", 10},
    {WHO CHANNEL_HEAD SECRETS DESK ROUTE, "has no provider", 3},
    {WHO CHANNEL_HEAD SECRETS
     "    provider: {contract: c, mechanism: none, review: 2027-03-01}\n" DESK
	 ROUTE,
     "provider has no role", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    provider: {role: joint, mechanism: none, review: 2027-03-01}\n" DESK
	 ROUTE,
     "provider has no contract", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    provider: {role: joint, contract: c, review: 2027-03-01}\n" DESK
	 ROUTE,
     "provider has no mechanism", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    provider: {role: joint, contract: c, mechanism: SCC}\n" DESK ROUTE,
     "provider has no review", 10},
    {WHO CHANNEL_HEAD SECRETS "    api: ftp://x.example\n" PROVIDER DESK ROUTE,
     "api is no address", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    api: http://127.0.0.1:1/\n" PROVIDER DESK ROUTE,
     "api is not https", 10},
    {WHO CHANNEL_HEAD SECRETS
     "    media_hosts: [\"a b\"]\n" PROVIDER DESK ROUTE,
     "media_hosts does not fit", 10},
    {WHO CHANNEL DESK, "has no route", 3},
    {WHO CHANNEL DESK ROUTE "  - {channel: kundenservice, helpdesk: desk}\n",
     "has a route already", 16},
    {WHO CHANNEL DESK "routes: [{channel: kundenservice, helpdesk: dest}]\n",
     "did you mean desk", 14},
    {WHO CHANNEL DESK ROUTE "  - {channel: other, helpdesk: desk}\n",
     "this channel is not known", 16},
    {WHO "helpdesks: {d: {type: webhok, url: \"https://x\"}}\n",
     "did you mean webhook", 2},
    {WHO "helpdesks: {d: {type: webhook, secret: {file: a}}}\n", "has no url",
     2},
    {WHO "helpdesks: {d: {type: webhook, url: \"http://x.y\", "
	 "secret: {file: a}}}\n",
     "url is not https", 2},
    {WHO "helpdesks: {d: {type: webhook, url: \"https://a@b\", "
	 "secret: {file: a}}}\n",
     "url is no address", 2},
    {WHO "helpdesks: {d: {type: webhook, url: \"https://x.y\", "
	 "secret: {file: a}, allow: [\"x.y\"]}}\n",
     "no target", 2},
    {WHO "helpdesks: {d: {type: webhook, url: \"https://x.y\"}}\n",
     "has no secret", 2},
    {WHO "helpdesks: {d: {type: webhook, url: \"https://x.y\", "
	 "secret: {file: a}, told_expired: some}}\n",
     "told_expired is neither", 2},
};

static void each_mistake_is_found_where_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct settings *s = parse(mistakes[i].text);
		const struct diag_finding *f = &diag.findings[0];

		assert_null(s);
		if (diag.findings_len != 1 || f->line != mistakes[i].line ||
		    !strstr(f->text, mistakes[i].says)) {
			diag_print(&diag, stderr);
			fail_msg("case %zu: %s", i, mistakes[i].says);
		}
	}
}

static void a_path_has_to_be_random_and_used_once(void **state)
{
	static const struct {
		const char *path;
		bool good;
	} cases[] = {
	    {PATH, true},
	    {"A-b_3dEfGh1jKlMnOpQrStUvWxYz012345", true},
	    {"5f0c6b1e9a7d4c32b8e1f60a97d3c25", false}, /* 31 */
	    {"5f0c6b1e9a7d4c32b8e1f60a97d3c25/", false},
	    {"5f0c6b1e9a7d4c32b8e1f60a97d3c25.", false},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	    {"abababababababababababababababababab", false},
	    {"", false},
	};
	char longest[130];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(syntax_hook_path(cases[i].path),
				 cases[i].good);
	for (size_t i = 0; i < 129; i++)
		longest[i] = "0123456789abcdef"[i % 16];
	longest[129] = '\0';
	assert_false(syntax_hook_path(longest));
	longest[128] = '\0';
	assert_true(syntax_hook_path(longest));
	assert_null(parse(
	    WHO CHANNEL
	    "  zwei:\n    type: whatsapp\n    path: " PATH
	    "\n    phone_number_id: \"12345\"\n" SECRETS PROVIDER DESK ROUTE
	    "  - {channel: zwei, helpdesk: desk}\n"));
	assert_int_equal(diag.findings_len, 1);
	assert_non_null(
	    strstr(diag.findings[0].text, "kundenservice has the same path"));
}

/* Proves: compliance 2.8. */
static void a_review_whose_day_has_passed_is_remarked(void **state)
{
	struct settings *s;

	(void)state;
	today = caldate_day(2027, 3, 1);
	s = parse(EXAMPLE);
	assert_int_equal(notes.findings_len, 0);
	settings_free(&s);
	today++;
	s = parse(EXAMPLE);
	today = 0;
	assert_int_equal(notes.findings_len, 1);
	assert_int_equal(notes.findings[0].line, 13);
	assert_non_null(strstr(notes.findings[0].text, "2027-03-01"));
	settings_free(&s);
}

static void a_mechanism_may_be_invalid(void **state)
{
	struct settings *s =
	    parse(WHO CHANNEL_HEAD SECRETS
		  "    provider: {role: joint, contract: c, mechanism: "
		  "invalid, review: 2027-03-01}\n" DESK ROUTE);

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->channels[0].provider.mechanism, "invalid");
	settings_free(&s);
}

static void what_a_listener_or_target_may_be(void **state)
{
	static const struct {
		const char *text;
		bool listen, target;
	} cases[] = {
	    {"127.0.0.1:8080", true, true},
	    {"[::1]:8080", true, true},
	    {"localhost:1", true, true},
	    {"desk.example:65535", true, true},
	    {"10.0.0.0/8:443", false, true},
	    {"[fd00::]/8:443", false, true},
	    {"[fd00::/8]:443", false, true},
	    {"10.0.0.0/33:443", false, false},
	    {"[fd00::]/129:443", false, false},
	    {"10.0.0/8:443", false, false},
	    {"10.0.0.0/:443", false, false},
	    {"[/8:443", false, false},
	    {"[]/8:443", false, false},
	    {"/8:443", false, false},
	    {"127.0.0.1", false, false},
	    {"127.0.0.1:", false, false},
	    {"127.0.0.1:0", false, false},
	    {"127.0.0.1:65536", false, false},
	    {"127.0.0.1:+80", false, false},
	    {"127.0.0.256:80", false, false},
	    {"::1:8080", false, false},
	    {"[::1:8080", false, false},
	    {"[]:8080", false, false},
	    {":8080", false, false},
	    {"a b:80", false, false},
	    {"-a:80", false, false},
	    {"a-:80", false, false},
	    {"a..b:80", false, false},
	    {"a.:80", false, false},
	    {"1.2.3:80", false, false},
	    {"", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (syntax_listen(cases[i].text) != cases[i].listen ||
		    syntax_target(cases[i].text) != cases[i].target)
			fail_msg("%s", cases[i].text);
}

static void what_an_address_of_a_call_may_be(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned int port;
		bool https;
	} cases[] = {
	    {"https://x.y", "x.y", 443, true},
	    {"https://x.y/", "x.y", 443, true},
	    {"https://x.y:8443/a?b=c", "x.y", 8443, true},
	    {"http://127.0.0.1:9000/inbox", "127.0.0.1", 9000, false},
	    {"http://[::1]:9000/", "::1", 9000, false},
	    {"https://[fd00::1]/", "fd00::1", 443, true},
	    {"http://x?y", "x", 80, false},
	    {"ftp://x.y", NULL, 0, false},
	    {"https://", NULL, 0, false},
	    {"https:///a", NULL, 0, false},
	    {"https://a@b/", NULL, 0, false},
	    {"https://a:b@c/", NULL, 0, false},
	    {"https://x.y/#f", NULL, 0, false},
	    {"https://x y/", NULL, 0, false},
	    {"https://x.y\\z", NULL, 0, false},
	    {"https://x.y:0/", NULL, 0, false},
	    {"https://[::1/", NULL, 0, false},
	    {"https://[]/", NULL, 0, false},
	    {"https://[", NULL, 0, false},
	    {"https://]", NULL, 0, false},
	    {"HTTPS://x.y", NULL, 0, false},
	    {"https://m\xc3\xbcnchen.example/", NULL, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url url;
		bool good = syntax_url(cases[i].text, &url);

		if (good != (cases[i].host != NULL))
			fail_msg("%s", cases[i].text);
		if (!good)
			continue;
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.https, cases[i].https);
	}
}

static void plain_http_goes_only_where_allow_says(void **state)
{
	static const struct {
		const char *url, *allow;
		bool good;
	} cases[] = {
	    {"http://127.0.0.1:9000/", "127.0.0.1:9000", true},
	    {"http://127.0.0.1:9001/", "127.0.0.1:9000", false},
	    {"http://127.0.0.1/", "127.0.0.1:80", true},
	    {"http://10.1.2.3:443/", "10.0.0.0/8:443", true},
	    {"http://11.1.2.3:443/", "10.0.0.0/8:443", false},
	    {"http://[fd00::1]:443/", "[fd00::]/8:443", true},
	    {"http://[::1]:9000/", "[::1]:9000", true},
	    {"http://Desk.Example:9000/", "desk.example:9000", true},
	    {"http://desk.example:9000/", "10.0.0.0/8:9000", false},
	    {"http://x.desk.example:9000/", "desk.example:9000", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url url;

		assert_true(syntax_url(cases[i].url, &url));
		if (syntax_url_allowed(&url, &cases[i].allow, 1) !=
		    cases[i].good)
			fail_msg("%s %s", cases[i].url, cases[i].allow);
	}
}

static void dates_and_zones_have_to_look_like_them(void **state)
{
	(void)state;
	assert_true(syntax_date("2027-03-01"));
	assert_true(syntax_date("2028-02-29"));
	assert_false(syntax_date("2027-02-29"));
	assert_false(syntax_date("2100-02-29"));
	assert_false(syntax_date("2027-13-01"));
	assert_false(syntax_date("2027-00-01"));
	assert_false(syntax_date("2027-04-31"));
	assert_false(syntax_date("27-04-30"));
	assert_false(syntax_date("2027-4-030"));
	assert_true(syntax_zone("America/Argentina/Buenos_Aires"));
	assert_true(syntax_zone("Etc/GMT+1"));
	assert_false(syntax_zone("Europe/"));
	assert_false(syntax_zone("/Europe/Berlin"));
	assert_false(syntax_zone("Europe//Berlin"));
	assert_false(syntax_zone("Europe/../Berlin"));
	assert_false(syntax_zone("UTC"));
}

/* --- secrets -------------------------------------------------------------- */

static void a_secret_in_the_file_is_refused_without_quoting_it(void **state)
{
	(void)state;
	assert_null(parse(WHO CHANNEL_HEAD
			  "    app_secret: hunter2hunter2hunter2\n"
			  "    verify_token: {file: v}\n"
			  "    access_token: {file: a}\n" PROVIDER DESK ROUTE));
	assert_int_equal(diag.findings_len, 1);
	assert_int_equal(diag.findings[0].line, 7);
	assert_non_null(
	    strstr(diag.findings[0].text, "{file: secrets/app_secret}"));
	assert_null(strstr(diag.findings[0].text, "hunter2"));
}

static void a_secret_names_exactly_one_place(void **state)
{
	(void)state;
	assert_null(parse(WHO CHANNEL_HEAD
			  "    app_secret: {file: a, credential: b}\n"
			  "    verify_token: {}\n"
			  "    access_token: {fil: a}\n" PROVIDER DESK ROUTE));
	assert_non_null(strstr(diag.findings[0].text, "two places"));
	assert_non_null(strstr(diag.findings[1].text, "no place"));
	assert_non_null(strstr(diag.findings[2].text, "file"));
}

static void a_secret_that_is_absent_or_short_is_found(void **state)
{
	(void)state;
	assert_null(
	    parse(WHO CHANNEL_HEAD
		  "    app_secret: {file: absent}\n"
		  "    verify_token: {file: v}\n"
		  "    access_token: {credential: c}\n" PROVIDER DESK ROUTE));
	assert_int_equal(diag.findings_len, 1);
	assert_non_null(strstr(diag.findings[0].text, "does not exist"));
	secret_text = "short";
	assert_null(parse(EXAMPLE));
	secret_text = "0123456789abcdef0123456789abcdef";
	assert_true(diag.findings_len > 0);
	assert_non_null(strstr(diag.findings[0].text, "too short"));
	assert_null(strstr(diag.findings[0].text, "\"short\""));
}

static void each_process_keeps_only_its_own_secrets(void **state)
{
	static const struct {
		enum settings_role role;
		bool app, access, desk;
		unsigned int reads;
	} cases[] = {
	    {ROLE_CHECK, false, false, false, 4},
	    {ROLE_INTAKE, true, false, false, 2},
	    {ROLE_WORKER, true, true, true, 3},
	    {ROLE_KEEPER, false, false, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *s = example(cases[i].role);
		const struct settings_channel *ch = &s->channels[0];
		const struct settings_helpdesk *hd = &s->helpdesks[0];

		assert_true(hd->told_expired);
		assert_int_equal(reads, cases[i].reads);
		assert_int_equal(setting_secret(ch->values, ch->values_len,
						"app_secret") != NULL,
				 cases[i].app);
		assert_int_equal(setting_secret(ch->values, ch->values_len,
						"access_token") != NULL,
				 cases[i].access);
		assert_int_equal(setting_secret(hd->values, hd->values_len,
						"secret") != NULL,
				 cases[i].desk);
		settings_free(&s);
	}
}

static void a_placeholder_is_remarked_not_refused(void **state)
{
	struct settings *s;

	(void)state;
	secret_text = SECRET_PLACEHOLDER;
	s = parse(EXAMPLE);
	secret_text = "0123456789abcdef0123456789abcdef";
	assert_non_null(s);
	assert_int_equal(notes.findings_len, 4);
	assert_int_equal(notes.findings[0].line, 9);
	assert_non_null(
	    strstr(notes.findings[0].text, "secrets/whatsapp-app still holds"));
	settings_free(&s);
}

/* --- driver rows ---------------------------------------------------------- */

static void every_driver_row_fits_the_settings(void **state)
{
	size_t len;
	const struct channel_driver *const *all = channel_all(&len);

	(void)state;
	assert_true(len > 0);
	for (size_t i = 0; i < len; i++) {
		assert_true(all[i]->rows_len <= SETTINGS_VALUES_MAX);
		for (size_t j = 0; j < all[i]->rows_len; j++) {
			const struct setting_row *row = &all[i]->rows[j];

			assert_non_null(row->help);
			assert_true(row->type != SETTING_SECRET ||
				    row->roles != 0);
			assert_true(row->type != SETTING_SECRET ||
				    row->fallback == NULL);
			assert_true(row->type != SETTING_SECRET ||
				    row->len_min >= 8);
		}
	}
}

static void lists_of_hosts_end_with_an_empty_one(void **state)
{
	struct settings *s =
	    parse(WHO CHANNEL_HEAD SECRETS
		  "    media_hosts: [a.example, b.example]\n"
		  "    allow: [\"127.0.0.1:9001\"]\n"
		  "    api: http://127.0.0.1:9001/v25.0\n" PROVIDER DESK ROUTE);
	const char *hosts;

	(void)state;
	diag_print(&diag, stderr);
	assert_non_null(s);
	hosts = setting_text(s->channels[0].values, s->channels[0].values_len,
			     "media_hosts");
	assert_memory_equal(hosts, "a.example\0b.example\0", 21);
	settings_free(&s);
	s = example(ROLE_CHECK);
	hosts = setting_text(s->channels[0].values, s->channels[0].values_len,
			     "media_hosts");
	assert_memory_equal(hosts, "fbsbx.com\0fbcdn.net\0whatsapp.net\0", 34);
	settings_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_example_of_the_design_is_read_whole),
	    cmocka_unit_test(a_controller_may_be_told_in_parts),
	    cmocka_unit_test(unsubscribing_has_an_address_and_a_secret_for_two),
	    cmocka_unit_test(every_limit_has_its_default_inside_its_range),
	    cmocka_unit_test(every_limit_takes_its_bounds_and_nothing_beyond),
	    cmocka_unit_test(each_mistake_is_found_where_it_is),
	    cmocka_unit_test(a_path_has_to_be_random_and_used_once),
	    cmocka_unit_test(a_review_whose_day_has_passed_is_remarked),
	    cmocka_unit_test(a_mechanism_may_be_invalid),
	    cmocka_unit_test(what_a_listener_or_target_may_be),
	    cmocka_unit_test(what_an_address_of_a_call_may_be),
	    cmocka_unit_test(plain_http_goes_only_where_allow_says),
	    cmocka_unit_test(dates_and_zones_have_to_look_like_them),
	    cmocka_unit_test(
		a_secret_in_the_file_is_refused_without_quoting_it),
	    cmocka_unit_test(a_secret_names_exactly_one_place),
	    cmocka_unit_test(a_secret_that_is_absent_or_short_is_found),
	    cmocka_unit_test(each_process_keeps_only_its_own_secrets),
	    cmocka_unit_test(a_placeholder_is_remarked_not_refused),
	    cmocka_unit_test(every_driver_row_fits_the_settings),
	    cmocka_unit_test(lists_of_hosts_end_with_an_empty_one),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
