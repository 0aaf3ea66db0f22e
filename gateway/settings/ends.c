/* ends.c - channels, helpdesks and the routes between them. */
#include "postern/caldate.h"
#include "postern/channel.h"
#include "postern/helpdesk.h"
#include "settings/parse.h"
#include "settings/syntax.h"

#define TYPES_MAX 64

/* Hosts of a value as an array of texts; ret has SETTINGS_ALLOW_MAX. */
static size_t hosts_of(const char *text, const char **ret)
{
	size_t len = 0;

	for (; text && *text != '\0' && len < SETTINGS_ALLOW_MAX;
	     text += strlen(text) + 1)
		ret[len++] = text;
	return len;
}

/* The type of an entry: one of the drivers' names, copied into a member. */
static bool type_into(struct parse *in, const struct yaml *map,
		      const char *const *words, size_t len, char *ret,
		      size_t ret_size)
{
	const struct yaml *node;
	char right[64];

	(void)snprintf(right, sizeof(right), "name the driver, such as %s",
		       words[0]);
	node = conf_need(in, map, "type", right);
	return node && conf_word_into(in, node, words, len, ret, ret_size);
}

/* --- channels ------------------------------------------------------------- */

static const struct channel_driver *channel_type(struct parse *in,
						 const struct yaml *map,
						 char *ret, size_t ret_size)
{
	const struct channel_driver *const *all;
	const char *words[TYPES_MAX];
	size_t len;

	all = channel_all(&len);
	if (len > TYPES_MAX)
		len = TYPES_MAX;
	for (size_t i = 0; i < len; i++)
		words[i] = all[i]->name;
	if (!type_into(in, map, words, len, ret, ret_size))
		return NULL;
	return channel_find(ret);
}

static void channel_path(struct parse *in, const struct yaml *map,
			 struct settings_channel *ch)
{
	const struct yaml *node =
	    conf_need(in, map, "path",
		      "add a random one: what `openssl rand -hex 16` prints");

	if (!node)
		return;
	if (node->type != YAML_SCALAR || !syntax_hook_path(node->text)) {
		diag_add(in->diag, node->line, node->column,
			 "path is not random enough; it has to be 32 to 128 "
			 "letters, digits, _ and -, such as what `openssl rand "
			 "-hex 16` prints");
		return;
	}
	memcpy(ch->path, node->text, strlen(node->text) + 1);
	for (size_t i = 0; i < in->s->channels_len; i++)
		if (strcmp(in->s->channels[i].path, ch->path) == 0)
			diag_add(in->diag, node->line, node->column,
				 "channel %s has the same path; give each "
				 "channel its own",
				 in->s->channels[i].name.text);
}

static void provider_review(struct parse *in, const struct yaml *node,
			    struct settings_channel *ch)
{
	int64_t day = 0;

	if (node->type != YAML_SCALAR || !syntax_date(node->text) ||
	    !caldate_parse(node->text, &day)) {
		diag_add(in->diag, node->line, node->column,
			 "review is no date; write it as 2027-03-01");
		return;
	}
	memcpy(ch->provider.review, node->text, strlen(node->text) + 1);
	if (in->source->notes && in->source->today > day)
		diag_add(in->source->notes, node->line, node->column,
			 "the review of channel %s was due on %s; look at "
			 "contract and mechanism and write the next date",
			 ch->name.text, node->text);
}

static void provider_fields(struct parse *in, const struct yaml *map,
			    struct settings_channel *ch)
{
	static const char *const roles[] = {"processor", "joint", "controller"};
	static const char *const mechanisms[] = {"none", "adequacy", "DPF",
						 "SCC",	 "BCR",	     "invalid"};
	const struct yaml *node;

	node = conf_need(in, map, "role",
			 "add role: processor, joint or controller");
	if (node)
		(void)conf_word_into(in, node, roles, COUNT_OF(roles),
				     ch->provider.role,
				     sizeof(ch->provider.role));
	node = conf_need(in, map, "contract",
			 "add what was agreed, such as \"DPA 2026-03\"");
	if (node)
		(void)conf_text_into(in, node, "contract", 1,
				     ch->provider.contract,
				     sizeof(ch->provider.contract));
	node = conf_need(in, map, "mechanism",
			 "add what a transfer to a third country rests on: "
			 "DPF, SCC, BCR, adequacy, or none if there is none");
	if (node)
		(void)conf_word_into(in, node, mechanisms, COUNT_OF(mechanisms),
				     ch->provider.mechanism,
				     sizeof(ch->provider.mechanism));
	node = conf_need(in, map, "review",
			 "add when this is looked at again, such as "
			 "2027-03-01");
	if (node)
		provider_review(in, node, ch);
}

/* Without these nothing may be sent to a provider.  Source: Art. 28, 44 GDPR;
 * compliance 2.8, T1. */
static void channel_provider(struct parse *in, const struct yaml *channel,
			     struct settings_channel *ch)
{
	static const char *const keys[] = {"role", "contract", "mechanism",
					   "review"};
	const struct yaml *map =
	    conf_need(in, channel, "provider",
		      "add what the provider is to you: provider: {role: "
		      "processor, contract: ..., mechanism: ..., review: ...}");

	if (!map || !conf_is_map(in, map, "provider"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	provider_fields(in, map, ch);
}

/* Tokens go over these: in clear only to a host the owner named. */
static void channel_urls(struct parse *in, const struct yaml *map,
			 const struct channel_driver *driver,
			 const struct settings_channel *ch)
{
	const char *allow[SETTINGS_ALLOW_MAX];
	size_t allow_len =
	    hosts_of(setting_text(ch->values, ch->values_len, "allow"), allow);

	for (size_t i = 0; i < driver->rows_len; i++) {
		const struct setting_row *row = &driver->rows[i];
		const struct yaml *node = yaml_get(map, row->key);
		struct url url;

		if (row->type != SETTING_URL || !node ||
		    node->type != YAML_SCALAR ||
		    !syntax_url(node->text, &url) || url.https ||
		    syntax_url_allowed(&url, allow, allow_len))
			continue;
		diag_add(in->diag, node->line, node->column,
			 "%s is not https; write https://, or name its "
			 "host:port under allow",
			 row->key);
	}
}

static void channel_read(struct parse *in, const struct yaml *map,
			 struct settings_channel *ch)
{
	static const char *const own[] = {"type", "path", "provider"};
	const struct channel_driver *driver;

	if (!conf_is_map(in, map, map->key))
		return;
	driver = channel_type(in, map, ch->type, sizeof(ch->type));
	channel_path(in, map, ch);
	channel_provider(in, map, ch);
	if (!driver)
		return; /* which keys are right depends on it */
	conf_known_keys(in, map, own, COUNT_OF(own), driver->rows,
			driver->rows_len);
	conf_values(in, map, driver->rows, driver->rows_len, ch->values,
		    &ch->values_len);
	channel_urls(in, map, driver, ch);
}

void *conf_entries(struct parse *in, const struct yaml *node, size_t max,
		   size_t size)
{
	void *memory;

	if (node->children > max) {
		diag_add(in->diag, node->line, node->column,
			 "%s has %zu entries; %zu are the most", node->key,
			 node->children, max);
		return NULL;
	}
	memory = calloc(node->children + 1, size);
	if (!memory)
		diag_add(in->diag, 0, 0, "out of memory; try again");
	return memory;
}

void conf_channels(struct parse *in, const struct yaml *map)
{
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "channels"))
		return;
	s->channels =
	    conf_entries(in, map, SETTINGS_CHANNELS_MAX, sizeof(*s->channels));
	if (!s->channels)
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct settings_channel *ch = &s->channels[s->channels_len];

		if (!conf_key_name(in, at, "channel", &ch->name))
			continue;
		channel_read(in, at, ch);
		s->channels_len++;
	}
}

/* --- helpdesks ------------------------------------------------------------ */

static const struct helpdesk_driver *helpdesk_type(struct parse *in,
						   const struct yaml *map,
						   char *ret, size_t ret_size)
{
	const struct helpdesk_driver *const *all;
	const char *words[TYPES_MAX];
	size_t len;

	all = helpdesk_all(&len);
	if (len > TYPES_MAX)
		len = TYPES_MAX;
	for (size_t i = 0; i < len; i++)
		words[i] = all[i]->name;
	if (!type_into(in, map, words, len, ret, ret_size))
		return NULL;
	return helpdesk_find(ret);
}

void conf_allow(struct parse *in, const struct yaml *list,
		char ret[SETTINGS_ALLOW_MAX][280], size_t *ret_len)
{
	if (!list || !conf_is_list(in, list, "allow"))
		return;
	if (list->children > SETTINGS_ALLOW_MAX) {
		diag_add(in->diag, list->line, list->column,
			 "allow has %zu entries; %d are the most",
			 list->children, SETTINGS_ALLOW_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next) {
		if (at->type != YAML_SCALAR || !syntax_target(at->text) ||
		    strlen(at->text) >= sizeof(ret[0])) {
			diag_add(in->diag, at->line, at->column,
				 "this entry of allow is no target; write "
				 "host:port, 127.0.0.1:9000, [::1]:9000 or "
				 "10.0.0.0/8:443");
			continue;
		}
		memcpy(ret[(*ret_len)++], at->text, strlen(at->text) + 1);
	}
}

static void helpdesk_url(struct parse *in, const struct yaml *map,
			 struct settings_helpdesk *hd)
{
	const struct yaml *node =
	    conf_need(in, map, "url", "add the address messages are sent to");
	const char *allow[SETTINGS_ALLOW_MAX];
	struct url url;

	if (!node ||
	    !conf_text_into(in, node, "url", 1, hd->url, sizeof(hd->url)))
		return;
	if (!syntax_url(hd->url, &url)) {
		diag_add(in->diag, node->line, node->column,
			 "url is no address; write https://host/path without "
			 "user name and fragment");
		return;
	}
	for (size_t i = 0; i < hd->allow_len; i++)
		allow[i] = hd->allow[i];
	if (!url.https && !syntax_url_allowed(&url, allow, hd->allow_len))
		diag_add(in->diag, node->line, node->column,
			 "url is not https; write https://, or allow: "
			 "[\"host:port\"] for a helpdesk on your own network");
}

static void helpdesk_flags(struct parse *in, const struct yaml *map,
			   struct settings_helpdesk *hd)
{
	const struct yaml *confirms = yaml_get(map, "confirms");
	const struct yaml *expired = yaml_get(map, "told_expired");

	hd->told_expired = true;
	if (confirms && !yaml_bool(confirms, &hd->confirms))
		diag_add(in->diag, confirms->line, confirms->column,
			 "confirms is neither true nor false; write one of "
			 "them");
	if (expired && !yaml_bool(expired, &hd->told_expired))
		diag_add(in->diag, expired->line, expired->column,
			 "told_expired is neither true nor false; write one of "
			 "them");
}

static void helpdesk_read(struct parse *in, const struct yaml *map,
			  struct settings_helpdesk *hd)
{
	static const char *const own[] = {"type", "url", "allow", "confirms",
					  "told_expired"};
	const struct helpdesk_driver *driver;

	if (!conf_is_map(in, map, map->key))
		return;
	driver = helpdesk_type(in, map, hd->type, sizeof(hd->type));
	conf_allow(in, yaml_get(map, "allow"), hd->allow, &hd->allow_len);
	helpdesk_url(in, map, hd);
	helpdesk_flags(in, map, hd);
	if (!driver)
		return;
	conf_known_keys(in, map, own, COUNT_OF(own), driver->rows,
			driver->rows_len);
	conf_values(in, map, driver->rows, driver->rows_len, hd->values,
		    &hd->values_len);
}

void conf_helpdesks(struct parse *in, const struct yaml *map)
{
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "helpdesks"))
		return;
	s->helpdesks = conf_entries(in, map, SETTINGS_HELPDESKS_MAX,
				    sizeof(*s->helpdesks));
	if (!s->helpdesks)
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct settings_helpdesk *hd = &s->helpdesks[s->helpdesks_len];

		if (!conf_key_name(in, at, "helpdesk", &hd->name))
			continue;
		helpdesk_read(in, at, hd);
		s->helpdesks_len++;
	}
}

/* --- routes --------------------------------------------------------------- */

static bool route_channel(struct parse *in, const struct yaml *node,
			  struct name *ret)
{
	const char *words[SETTINGS_CHANNELS_MAX];
	const struct settings *s = in->s;

	if (!node || !conf_name(in, node, "channel", ret))
		return false;
	for (size_t i = 0; i < s->routes_len; i++)
		if (name_equal(&s->routes[i].channel, ret)) {
			diag_add(in->diag, node->line, node->column,
				 "channel %s has a route already; a channel "
				 "leads to one helpdesk",
				 ret->text);
			return false;
		}
	if (settings_channel(s, ret))
		return true;
	for (size_t i = 0; i < s->channels_len; i++)
		words[i] = s->channels[i].name.text;
	conf_unknown(in, node, "this channel", words, s->channels_len);
	return false;
}

static bool route_helpdesk(struct parse *in, const struct yaml *node,
			   struct name *ret)
{
	const char *words[SETTINGS_HELPDESKS_MAX];
	const struct settings *s = in->s;

	if (!node || !conf_name(in, node, "helpdesk", ret))
		return false;
	if (settings_helpdesk(s, ret))
		return true;
	for (size_t i = 0; i < s->helpdesks_len; i++)
		words[i] = s->helpdesks[i].name.text;
	conf_unknown(in, node, "this helpdesk", words, s->helpdesks_len);
	return false;
}

void conf_routes(struct parse *in, const struct yaml *list)
{
	static const char *const keys[] = {"channel", "helpdesk"};
	struct settings *s = in->s;

	if (!conf_is_list(in, list, "routes"))
		return;
	s->routes =
	    conf_entries(in, list, SETTINGS_ROUTES_MAX, sizeof(*s->routes));
	if (!s->routes)
		return;
	for (const struct yaml *at = list->first; at; at = at->next) {
		struct settings_route *route = &s->routes[s->routes_len];
		bool good;

		if (!conf_is_map(in, at, "a route"))
			continue;
		yaml_unknown_keys(at, keys, COUNT_OF(keys), in->diag);
		good = route_channel(in,
				     conf_need(in, at, "channel",
					       "write {channel: ..., "
					       "helpdesk: ...}"),
				     &route->channel);
		good &= route_helpdesk(in,
				       conf_need(in, at, "helpdesk",
						 "write {channel: ..., "
						 "helpdesk: ...}"),
				       &route->helpdesk);
		/* A wrong helpdesk is one finding, not two. */
		if (good || route->channel.text[0] != '\0')
			s->routes_len++;
	}
}

void conf_check_ways(struct parse *in, const struct yaml *root)
{
	const struct yaml *channels = yaml_get(root, "channels");
	const struct settings *s = in->s;

	if (s->channels_len == 0 && in->source->notes)
		diag_add(in->source->notes, 0, 0,
			 "no channel is set up, so nothing can come in");
	for (size_t i = 0; i < s->channels_len; i++) {
		const struct name *name = &s->channels[i].name;
		const struct yaml *node = yaml_get(channels, name->text);
		bool routed = false;

		for (size_t j = 0; j < s->routes_len; j++)
			routed |= name_equal(&s->routes[j].channel, name);
		if (!routed)
			diag_add(in->diag, node->key_line, node->key_column,
				 "channel %s has no route; add {channel: %s, "
				 "helpdesk: ...} under routes",
				 name->text, name->text);
	}
}
