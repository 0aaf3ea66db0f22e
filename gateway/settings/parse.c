/* parse.c - postern.yaml to a struct settings; pure but for the callbacks. */
#include "settings/parse.h"

#include "postern/store.h"
#include "settings/params.h"
#include "settings/syntax.h"

#define ENGINES_MAX 8

/* --- small sections ------------------------------------------------------- */

static void listen_one(struct parse *in, const struct yaml *node, char *ret,
		       size_t ret_size)
{
	if (!node || !conf_text_into(in, node, node->key, 1, ret, ret_size))
		return;
	if (!syntax_listen(ret))
		diag_add(in->diag, node->line, node->column,
			 "%s is no address to listen at; write host:port, such "
			 "as \"127.0.0.1:8080\"",
			 node->key);
}

static void conf_listen(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"public", "internal"};
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "listen"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	listen_one(in, yaml_get(map, "public"), s->listen.public,
		   sizeof(s->listen.public));
	listen_one(in, yaml_get(map, "internal"), s->listen.internal,
		   sizeof(s->listen.internal));
	if (strcmp(s->listen.public, s->listen.internal) == 0)
		diag_add(in->diag, map->line, map->column,
			 "both listeners have one address; the internal one "
			 "must not be reachable from outside, give it its own");
}

static void conf_store(struct parse *in, const struct yaml *node)
{
	const char *words[ENGINES_MAX];
	size_t len = store_engines(words, ENGINES_MAX);

	(void)conf_word_into(in, node, words, len, in->s->store,
			     sizeof(in->s->store));
}

static void conf_log(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"level"};
	static const char *const words[] = {"debug", "info", "warn", "error"};
	const struct yaml *node;

	if (!conf_is_map(in, map, "log"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	node = yaml_get(map, "level");
	if (node)
		(void)conf_word_into(in, node, words, COUNT_OF(words),
				     in->s->log_level,
				     sizeof(in->s->log_level));
}

/* Where people reach the public listener, and what proves an address. */
static void conf_unsubscribe(struct parse *in, const struct yaml *map)
{
	static const struct setting_row rows[] = {
	    {.key = "secret",
	     .type = SETTING_SECRET,
	     .required = true,
	     .roles = ROLE_INTAKE | ROLE_WORKER,
	     .made = MADE_RANDOM_HEX,
	     .len_min = 32,
	     .len_max = 512,
	     .help = "Proves that an address was made here."},
	};
	static const char *const own[] = {"url"};
	struct settings *s = in->s;
	const struct yaml *node;
	struct url url;
	size_t len;

	if (!conf_is_map(in, map, "unsubscribe"))
		return;
	conf_known_keys(in, map, own, COUNT_OF(own), rows, COUNT_OF(rows));
	conf_values(in, map, rows, COUNT_OF(rows), s->unsubscribe.values,
		    &s->unsubscribe.values_len);
	node = conf_need(in, map, "url",
			 "add where people reach the public listener, such as "
			 "https://chat.muster.example");
	if (!node || !conf_text_into(in, node, "url", 1, s->unsubscribe.url,
				     sizeof(s->unsubscribe.url)))
		return;
	len = strlen(s->unsubscribe.url);
	if (len > 0 && s->unsubscribe.url[len - 1] == '/')
		s->unsubscribe.url[len - 1] = '\0';
	/* Source: RFC 8058, section 3.1. */
	if (!syntax_url(s->unsubscribe.url, &url) || !url.https ||
	    strpbrk(s->unsubscribe.url, "?#") != NULL)
		diag_add(in->diag, node->line, node->column,
			 "url is no https address; mail programs take no "
			 "other, write one such as "
			 "https://chat.muster.example");
}

static void conf_keys(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"source", "credential"};
	static const char *const words[] = {"file", "passphrase"};
	const struct yaml *source, *credential;
	struct settings *s = in->s;
	struct name name;

	if (!conf_is_map(in, map, "keys"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	source = yaml_get(map, "source");
	credential = yaml_get(map, "credential");
	if (!source == !credential) {
		diag_add(in->diag, map->line, map->column,
			 "keys names %s; write one of {source: file}, {source: "
			 "passphrase}, {credential: NAME}",
			 source ? "two sources" : "no source");
	} else if (source) {
		(void)conf_word_into(in, source, words, COUNT_OF(words),
				     s->keys_source, sizeof(s->keys_source));
	} else if (conf_name(in, credential, "credential", &name)) {
		(void)snprintf(s->keys_source, sizeof(s->keys_source),
			       "credential");
		(void)snprintf(s->keys_credential, sizeof(s->keys_credential),
			       "%s", name.text);
	}
}

/* --- limits --------------------------------------------------------------- */

static int64_t *param_at(struct settings *s, const struct param *p)
{
	return (int64_t *)(void *)((char *)s + p->offset);
}

static void conf_limits(struct parse *in, const struct yaml *map)
{
	const char *keys[64];

	_Static_assert(sizeof(((struct settings *)0)->limits) /
			       sizeof(int64_t) <=
			   COUNT_OF(keys),
		       "every limit fits in keys");
	if (!conf_is_map(in, map, "limits"))
		return;
	for (size_t i = 0; i < params_len; i++)
		keys[i] = params[i].name;
	yaml_unknown_keys(map, keys, params_len, in->diag);
	for (size_t i = 0; i < params_len; i++) {
		const struct param *p = &params[i];

		conf_number_into(in, map,
				 &(struct conf_number){.key = p->name,
						       .min = p->min,
						       .max = p->max,
						       .unit = p->unit},
				 param_at(in->s, p));
	}
}

/* --- the whole ------------------------------------------------------------ */

/* In this order: routes name channels and helpdesks. */
static const struct section {
	const char *key;
	void (*parse)(struct parse *in, const struct yaml *node);
} sections[] = {
    {"controller", conf_controller},
    {"listen", conf_listen},
    {"store", conf_store},
    {"limits", conf_limits},
    {"log", conf_log},
    {"keys", conf_keys},
    {"unsubscribe", conf_unsubscribe},
    {"portal", conf_portal},
    {"ledger", conf_ledger},
    {"backup", conf_backup},
    {"breach", conf_breach},
    {"rights", conf_rights},
    {"sweep", conf_sweep},
    {"channels", conf_channels},
    {"helpdesks", conf_helpdesks},
    {"routes", conf_routes},
    {"processors", conf_processors},
    {"opendsr", conf_opendsr},
    {"drp", conf_drp},
};

static void set_defaults(struct settings *s, const char *dir)
{
	const char *engine;

	(void)snprintf(s->dir, sizeof(s->dir), "%s", dir);
	(void)snprintf(s->listen.public, sizeof(s->listen.public),
		       "127.0.0.1:8080");
	(void)snprintf(s->listen.internal, sizeof(s->listen.internal),
		       "127.0.0.1:8081");
	(void)snprintf(s->store, sizeof(s->store), "%s",
		       store_engines(&engine, 1) > 0 ? engine : "");
	(void)snprintf(s->log_level, sizeof(s->log_level), "info");
	(void)snprintf(s->keys_source, sizeof(s->keys_source), "file");
	for (size_t i = 0; i < params_len; i++)
		*param_at(s, &params[i]) = params[i].fallback;
	conf_rights_defaults(s);
	conf_sweep_defaults(s);
	conf_ledger_defaults(s);
	conf_backup_defaults(s);
	conf_portal_defaults(s);
}

static void conf_root(struct parse *in, const struct yaml *root)
{
	const char *keys[COUNT_OF(sections)];

	if (!conf_is_map(in, root, "the file"))
		return;
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		keys[i] = sections[i].key;
	yaml_unknown_keys(root, keys, COUNT_OF(keys), in->diag);
	(void)conf_need(in, root, "controller",
			"add who is responsible: {name, contact, land}");
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		const struct yaml *node = yaml_get(root, sections[i].key);

		if (node)
			sections[i].parse(in, node);
	}
	conf_check_ways(in, root);
}

int settings_parse(const uint8_t *bytes, size_t len,
		   const struct settings_source *source, struct diag *diag,
		   struct settings **ret)
{
	size_t before = diag->findings_len + diag->more;
	struct parse in = {.source = source, .diag = diag};
	struct yaml_doc *doc = NULL;
	int rc = -1;

	if (strlen(source->dir) >= sizeof(in.s->dir))
		return diag_add(diag, 0, 0,
				"the data directory's name is too long; %zu "
				"bytes are the most",
				sizeof(in.s->dir) - 1);
	if (yaml_parse(bytes, len, diag, &doc) != 0)
		goto out;
	in.s = calloc(1, sizeof(*in.s));
	if (!in.s) {
		diag_add(diag, 0, 0, "out of memory; try again");
		goto out;
	}
	set_defaults(in.s, source->dir);
	conf_root(&in, yaml_root(doc));
	if (diag->findings_len + diag->more != before)
		goto out;
	*ret = in.s;
	in.s = NULL;
	rc = 0;
out:
	settings_free(&in.s);
	yaml_free(&doc);
	return rc;
}
