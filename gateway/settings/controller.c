/* controller.c - who is responsible by law: the first section. */
#include "settings/parse.h"
#include "settings/syntax.h"

static void controller_land(struct parse *in, const struct yaml *map)
{
	const struct yaml *node =
	    conf_need(in, map, "land",
		      "add the Land whose holidays count, "
		      "such as land: BE");
	size_t len;
	const char *const *lands;

	if (!node)
		return;
	lands = syntax_lands(&len);
	(void)conf_word_into(in, node, lands, len, in->s->controller.land,
			     sizeof(in->s->controller.land));
}

static void controller_zone(struct parse *in, const struct yaml *node)
{
	const struct settings_source *source = in->source;
	char *zone = in->s->controller.timezone;
	size_t size = sizeof(in->s->controller.timezone);

	if (!node) {
		(void)snprintf(zone, size, "Europe/Berlin");
		return;
	}
	if (node->type != YAML_SCALAR || !syntax_zone(node->text)) {
		diag_add(in->diag, node->line, node->column,
			 "timezone is no zone; write Area/City, such as "
			 "Europe/Berlin");
		return;
	}
	if (source->zone_known && !source->zone_known(source->ctx, node->text))
		diag_add(in->diag, node->line, node->column,
			 "timezone is not one this system knows; see "
			 "`timedatectl list-timezones`");
	(void)snprintf(zone, size, "%s", node->text);
}

static void controller_codes(struct parse *in, const struct yaml *map)
{
	static const char *const languages[] = {"de", "en"};
	const struct yaml *node = yaml_get(map, "language");

	memcpy(in->s->controller.language, "de", 3);
	memcpy(in->s->controller.country, "49", 3);
	if (node)
		(void)conf_word_into(in, node, languages, COUNT_OF(languages),
				     in->s->controller.language,
				     sizeof(in->s->controller.language));
	node = yaml_get(map, "country");
	if (!node)
		return;
	if (node->type == YAML_SCALAR && syntax_digits(node->text) &&
	    strlen(node->text) <= 3 && node->text[0] != '0')
		memcpy(in->s->controller.country, node->text,
		       strlen(node->text) + 1);
	else
		diag_add(in->diag, node->line, node->column,
			 "country is no calling code; write its digits without "
			 "+ or 00, such as \"49\"");
}

/* --- what records of consent say ------------------------------------------ */

/* A member that may be absent. */
static bool may_text(struct parse *in, const struct yaml *map, const char *key,
		     char *ret, size_t ret_size)
{
	const struct yaml *node = yaml_get(map, key);

	return !node || conf_text_into(in, node, key, 1, ret, ret_size);
}

static bool is_country(const char *text)
{
	return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
	       text[1] <= 'Z' && text[2] == '\0';
}

/* In parts, because others read it by machine. */
static void controller_address(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"street", "postal_code", "city",
					   "country"};
	struct settings *s = in->s;
	const struct yaml *node;

	memcpy(s->controller.address.country, "DE", 3);
	if (!map || !conf_is_map(in, map, "address"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	node = conf_need(in, map, "street", "add street and number");
	if (node)
		(void)conf_text_into(in, node, "street", 1,
				     s->controller.address.street,
				     sizeof(s->controller.address.street));
	node = conf_need(in, map, "postal_code",
			 "add it in quotation marks, such as \"10115\"");
	if (node)
		(void)conf_text_into(in, node, "postal_code", 1,
				     s->controller.address.postal_code,
				     sizeof(s->controller.address.postal_code));
	node = conf_need(in, map, "city", "add the town");
	if (node)
		(void)conf_text_into(in, node, "city", 1,
				     s->controller.address.city,
				     sizeof(s->controller.address.city));
	node = yaml_get(map, "country");
	if (node && (node->type != YAML_SCALAR || !is_country(node->text)))
		diag_add(in->diag, node->line, node->column,
			 "country is no country; write its two letters, such "
			 "as DE");
	else if (node)
		memcpy(s->controller.address.country, node->text, 3);
}

static void controller_reach(struct parse *in, const struct yaml *map)
{
	struct settings *s = in->s;
	struct url url;

	if (may_text(in, map, "email", s->controller.email,
		     sizeof(s->controller.email)) &&
	    s->controller.email[0] != '\0' &&
	    !syntax_mailbox(s->controller.email))
		diag_add(in->diag, yaml_get(map, "email")->line,
			 yaml_get(map, "email")->column,
			 "email is no address; write one, such as "
			 "info@muster.example");
	if (may_text(in, map, "phone", s->controller.phone,
		     sizeof(s->controller.phone)) &&
	    strspn(s->controller.phone, "+0123456789 ()/-") !=
		strlen(s->controller.phone))
		diag_add(in->diag, yaml_get(map, "phone")->line,
			 yaml_get(map, "phone")->column,
			 "phone is no number; write it with its country code, "
			 "such as \"+49 30 1234567\"");
	if (may_text(in, map, "policy_url", s->controller.policy_url,
		     sizeof(s->controller.policy_url)) &&
	    s->controller.policy_url[0] != '\0' &&
	    !syntax_url(s->controller.policy_url, &url))
		diag_add(in->diag, yaml_get(map, "policy_url")->line,
			 yaml_get(map, "policy_url")->column,
			 "policy_url is no address; write where your privacy "
			 "policy is, such as https://muster.example/privacy");
}

/* --- the whole ------------------------------------------------------------ */

void conf_controller(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {
	    "name",    "contact", "dpo",   "land",  "timezone",	 "language",
	    "country", "address", "email", "phone", "policy_url"};
	struct settings *s = in->s;
	const struct yaml *node;

	if (!conf_is_map(in, map, "controller"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	node = conf_need(in, map, "name", "add who is responsible by law");
	if (node)
		(void)conf_text_into(in, node, "name", 1, s->controller.name,
				     sizeof(s->controller.name));
	node = conf_need(in, map, "contact", "add the postal address");
	if (node)
		(void)conf_text_into(in, node, "contact", 1,
				     s->controller.contact,
				     sizeof(s->controller.contact));
	node = yaml_get(map, "dpo");
	if (node)
		(void)conf_text_into(in, node, "dpo", 3, s->controller.dpo,
				     sizeof(s->controller.dpo));
	controller_land(in, map);
	controller_zone(in, yaml_get(map, "timezone"));
	controller_codes(in, map);
	controller_address(in, yaml_get(map, "address"));
	controller_reach(in, map);
}
