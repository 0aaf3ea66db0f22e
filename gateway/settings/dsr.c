/* dsr.c - sections processors, opendsr and drp: who else has data of persons,
 * and who may pass their requests on to us. */
#include "settings/parse.h"
#include "settings/syntax.h"

#define TOKEN_ROW                                                             \
	{                                                                     \
		.key = "token", .type = SETTING_SECRET, .roles = ROLE_WORKER, \
		.len_min = 16, .len_max = 512,                                \
		.help = "What its calls are known by: Bearer, at least "      \
			"16 bytes.",                                          \
	}

/* --- small values --------------------------------------------------------- */

static void flag_read(struct parse *in, const struct yaml *node, bool *ret)
{
	if (node && !yaml_bool(node, ret))
		diag_add(in->diag, node->line, node->column,
			 "%s is neither true nor false; write one of them",
			 node->key);
}

/* A name others can look up: two labels at least. */
static void domain_read(struct parse *in, const struct yaml *map, char *ret,
			size_t ret_size)
{
	const struct yaml *node = conf_need(
	    in, map, "domain", "add the OpenDSR domain: dsr.muster.example");

	if (!node || !conf_text_into(in, node, "domain", 3, ret, ret_size))
		return;
	if (!syntax_host(ret, strlen(ret)) || !strchr(ret, '.'))
		diag_add(in->diag, node->line, node->column,
			 "domain is no host name; write one such as "
			 "dsr.muster.example");
}

/* A remark only: it may come later. */
static void file_read(struct parse *in, const struct yaml *node,
		      const char *what, char *ret, size_t ret_size)
{
	const struct settings_source *source = in->source;

	if (!node || !conf_text_into(in, node, what, 1, ret, ret_size))
		return;
	if (source->notes && source->seen &&
	    !source->seen(source->ctx, ret, false))
		diag_add(source->notes, node->line, node->column,
			 "%s is no file this user can see; make it, or write "
			 "another",
			 ret);
}

/* --- processors ----------------------------------------------------------- */

static void processor_url(struct parse *in, const struct yaml *map,
			  struct settings_processor *p)
{
	const struct yaml *node =
	    conf_need(in, map, "url",
		      "add where its OpenDSR is, with the version: "
		      "https://dsr.muster.example/v2");
	const char *allow[SETTINGS_ALLOW_MAX];
	struct url url;
	size_t len;

	if (!node ||
	    !conf_text_into(in, node, "url", 1, p->url, sizeof(p->url)))
		return;
	len = strlen(p->url);
	if (len > 0 && p->url[len - 1] == '/')
		p->url[len - 1] = '\0';
	for (size_t i = 0; i < p->allow_len; i++)
		allow[i] = p->allow[i];
	if (!syntax_url(p->url, &url) || strpbrk(p->url, "?#"))
		diag_add(in->diag, node->line, node->column,
			 "url is no address; write https://host/v2 without "
			 "user name, query and fragment");
	else if (!url.https && !syntax_url_allowed(&url, allow, p->allow_len))
		diag_add(in->diag, node->line, node->column,
			 "url is not https; write https://, or allow: "
			 "[\"host:port\"] for a processor on your own network");
}

static void kinds_read(struct parse *in, const struct yaml *list,
		       struct settings_processor *p)
{
	if (!list || !conf_is_list(in, list, "identities"))
		return;
	if (list->children == 0 || list->children > SETTINGS_KINDS_MAX) {
		diag_add(in->diag, list->line, list->column,
			 "identities has %zu entries; write 1 to %d kinds of "
			 "addresses, such as [phone, email]",
			 list->children, SETTINGS_KINDS_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next)
		if (conf_name(in, at, "a kind of addresses",
			      &p->kinds[p->kinds_len]))
			p->kinds_len++;
}

static void gets_read(struct parse *in, const struct yaml *map,
		      struct settings_processor *p)
{
	static const char *const words[] = {"disclosed", "every"};
	const struct yaml *node = yaml_get(map, "gets");
	char word[16] = "";

	if (node && conf_word_into(in, node, words, COUNT_OF(words), word,
				   sizeof(word)))
		p->every = strcmp(word, "every") == 0;
}

static void text_read(struct parse *in, const struct yaml *map, const char *key,
		      const char *fallback, char *ret, size_t ret_size)
{
	const struct yaml *node = yaml_get(map, key);

	(void)snprintf(ret, ret_size, "%s", fallback);
	if (node)
		(void)conf_text_into(in, node, key, 1, ret, ret_size);
}

static void processor_read(struct parse *in, const struct yaml *map,
			   struct settings_processor *p)
{
	static const struct setting_row rows[] = {TOKEN_ROW};
	static const char *const own[] = {"title",	 "purpose",    "domain",
					  "url",	 "identities", "gets",
					  "certificate", "allow"};

	if (!conf_is_map(in, map, map->key))
		return;
	conf_known_keys(in, map, own, COUNT_OF(own), rows, COUNT_OF(rows));
	conf_values(in, map, rows, COUNT_OF(rows), p->values, &p->values_len);
	text_read(in, map, "title", p->name.text, p->title, sizeof(p->title));
	text_read(in, map, "purpose", "processing", p->purpose,
		  sizeof(p->purpose));
	conf_allow(in, yaml_get(map, "allow"), p->allow, &p->allow_len);
	domain_read(in, map, p->domain, sizeof(p->domain));
	processor_url(in, map, p);
	kinds_read(in,
		   conf_need(in, map, "identities",
			     "add by which addresses it knows a person: "
			     "[phone]"),
		   p);
	gets_read(in, map, p);
	file_read(in, yaml_get(map, "certificate"), "certificate",
		  p->certificate, sizeof(p->certificate));
}

void conf_processors(struct parse *in, const struct yaml *map)
{
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "processors"))
		return;
	s->processors = conf_entries(in, map, SETTINGS_PROCESSORS_MAX,
				     sizeof(*s->processors));
	if (!s->processors)
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct settings_processor *p =
		    &s->processors[s->processors_len];

		if (!conf_key_name(in, at, "processor", &p->name))
			continue;
		processor_read(in, at, p);
		s->processors_len++;
	}
}

/* --- opendsr -------------------------------------------------------------- */

static void controllers_read(struct parse *in, const struct yaml *map)
{
	static const struct setting_row rows[] = {TOKEN_ROW};
	static const char *const own[] = {"verified"};
	struct settings *s = in->s;

	if (!map || !conf_is_map(in, map, "controllers"))
		return;
	s->opendsr.controllers = conf_entries(in, map, SETTINGS_CONTROLLERS_MAX,
					      sizeof(*s->opendsr.controllers));
	if (!s->opendsr.controllers)
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct settings_controller *c =
		    &s->opendsr.controllers[s->opendsr.controllers_len];

		if (!conf_key_name(in, at, "controller", &c->name) ||
		    !conf_is_map(in, at, at->key))
			continue;
		conf_known_keys(in, at, own, COUNT_OF(own), rows,
				COUNT_OF(rows));
		c->verified = true;
		flag_read(in, yaml_get(at, "verified"), &c->verified);
		(void)conf_need(in, at, "token",
				"add what its calls are known by: token: "
				"{file: secrets/mandant}");
		conf_values(in, at, rows, COUNT_OF(rows), c->values,
			    &c->values_len);
		s->opendsr.controllers_len++;
	}
}

void conf_opendsr(struct parse *in, const struct yaml *map)
{
	static const struct setting_row rows[] = {
	    {.key = "key",
	     .type = SETTING_SECRET,
	     .required = true,
	     .roles = ROLE_WORKER,
	     .len_min = 100,
	     .len_max = SECRET_LEN_MAX,
	     .help = "Private key in PEM that signs what OpenDSR answers: RSA "
		     "of 2048 to 4096 bits or ECDSA P-256."},
	};
	static const char *const own[] = {
	    "domain", "certificate", "weak_hashes", "controllers", "allow"};
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "opendsr"))
		return;
	conf_known_keys(in, map, own, COUNT_OF(own), rows, COUNT_OF(rows));
	conf_values(in, map, rows, COUNT_OF(rows), s->opendsr.values,
		    &s->opendsr.values_len);
	domain_read(in, map, s->opendsr.domain, sizeof(s->opendsr.domain));
	file_read(in,
		  conf_need(in, map, "certificate",
			    "add the PEM file of the certificate of that "
			    "domain"),
		  "certificate", s->opendsr.certificate,
		  sizeof(s->opendsr.certificate));
	flag_read(in, yaml_get(map, "weak_hashes"), &s->opendsr.weak_hashes);
	conf_allow(in, yaml_get(map, "allow"), s->opendsr.allow,
		   &s->opendsr.allow_len);
	controllers_read(in, yaml_get(map, "controllers"));
}

/* --- drp ------------------------------------------------------------------ */

/* Source: business.schema.json, which writes [A-Z_]+. */
static void business_read(struct parse *in, const struct yaml *node)
{
	char *id = in->s->drp.business;

	if (!node || !conf_text_into(in, node, "business_id", 1, id,
				     sizeof(in->s->drp.business)))
		return;
	if (id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] != '\0')
		diag_add(in->diag, node->line, node->column,
			 "business_id has other characters than A to Z, digits "
			 "and _; write it as the directory does");
}

void conf_drp(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"enabled", "business_id", "agents",
					   "allow"};
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "drp"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	flag_read(in, yaml_get(map, "enabled"), &s->drp.enabled);
	conf_allow(in, yaml_get(map, "allow"), s->drp.allow, &s->drp.allow_len);
	if (!s->drp.enabled) {
		business_read(in, yaml_get(map, "business_id"));
		return;
	}
	business_read(in, conf_need(in, map, "business_id",
				    "add what representatives call you: "
				    "MUSTER_GMBH"));
	file_read(in,
		  conf_need(in, map, "agents",
			    "add the JSON file of representatives you trust"),
		  "agents", s->drp.agents, sizeof(s->drp.agents));
}

void conf_dsr_free(struct settings *s)
{
	for (size_t i = 0; i < s->processors_len; i++) {
		conf_values_free(s->processors[i].values,
				 s->processors[i].values_len);
		free(s->processors[i].certificate_pem);
	}
	free(s->processors);
	for (size_t i = 0; i < s->opendsr.controllers_len; i++)
		conf_values_free(s->opendsr.controllers[i].values,
				 s->opendsr.controllers[i].values_len);
	free(s->opendsr.controllers);
	conf_values_free(s->opendsr.values, s->opendsr.values_len);
	free(s->opendsr.certificate_pem);
	free(s->drp.agents_json);
}
