/* syntax.c - what the texts of postern.yaml have to look like. */
#include "settings/syntax.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include "postern/http.h"

#define HOST_LEN_MAX 253

static bool alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal without sign, at most max. */
static bool number(const char *text, size_t len, unsigned int max,
		   unsigned int *ret)
{
	unsigned int value = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!digit(text[i]))
			return false;
		value = value * 10 + (unsigned int)(text[i] - '0');
	}
	if (value > max)
		return false;
	*ret = value;
	return true;
}

static bool port(const char *text, size_t len, uint16_t *ret)
{
	unsigned int value;

	if (!number(text, len, 65535, &value) || value == 0)
		return false;
	*ret = (uint16_t)value;
	return true;
}

/* family AF_INET or AF_INET6; the text need not end there. */
static bool address(int family, const char *text, size_t len)
{
	uint8_t bytes[16];
	char copy[INET6_ADDRSTRLEN];

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, bytes) == 1;
}

static bool label_char(char c)
{
	return alpha(c) || digit(c) || c == '-' || c == '_';
}

bool syntax_host(const char *text, size_t len)
{
	size_t label = 0;
	bool letters = false;

	if (len == 0 || len > HOST_LEN_MAX)
		return false;
	if (address(AF_INET, text, len))
		return true;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			if (label == 0 || text[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!label_char(text[i]) || (label == 0 && text[i] == '-') ||
		    ++label > 63)
			return false;
		letters |= alpha(text[i]);
	}
	/* Digits and dots alone would be a mistyped address. */
	return letters && label > 0 && text[len - 1] != '-';
}

/* host:port or [v6]:port; ret_host lies in text. */
static bool host_port(const char *text, const char **ret_host,
		      size_t *ret_host_len, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len;

	if (!colon || !port(colon + 1, strlen(colon + 1), ret_port))
		return false;
	len = (size_t)(colon - text);
	*ret_host = text;
	*ret_host_len = len;
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		*ret_host = text + 1;
		*ret_host_len = len - 2;
		return address(AF_INET6, text + 1, len - 2);
	}
	return syntax_host(text, len);
}

bool syntax_listen(const char *text)
{
	const char *host;
	size_t host_len;
	uint16_t ignored;

	return host_port(text, &host, &host_len, &ignored);
}

/* 10.0.0.0/8, [fd00::]/8, [fd00::/8] */
static bool cidr(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	const char *end = text + len;
	const char *head_end = slash;
	unsigned int bits;

	if (!slash)
		return false;
	if (text[0] != '[')
		return address(AF_INET, text, (size_t)(slash - text)) &&
		       number(slash + 1, (size_t)(end - slash - 1), 32, &bits);
	if (end[-1] == ']')
		end--;
	else if (slash[-1] == ']')
		head_end--;
	else
		return false;
	return head_end > text &&
	       address(AF_INET6, text + 1, (size_t)(head_end - text - 1)) &&
	       number(slash + 1, (size_t)(end - slash - 1), 128, &bits);
}

bool syntax_target(const char *text)
{
	const char *colon = strrchr(text, ':');
	uint16_t ignored;

	if (syntax_listen(text))
		return true;
	return colon && colon > text &&
	       port(colon + 1, strlen(colon + 1), &ignored) &&
	       cidr(text, (size_t)(colon - text));
}

bool syntax_hook_path(const char *text)
{
	size_t len = strlen(text), different = 0;
	bool seen[128] = {false};

	if (len < 32 || len > 128)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!label_char(text[i]))
			return false;
		different += !seen[(unsigned char)text[i]];
		seen[(unsigned char)text[i]] = true;
	}
	/* 32 random hex digits have fewer than 8 different ones once in
	 * about 10 000 000 draws. */
	return different >= 8;
}

static const char *const lands[] = {"BB", "BE", "BW", "BY", "HB", "HE",
				    "HH", "MV", "NI", "NW", "RP", "SH",
				    "SL", "SN", "ST", "TH"};

const char *const *syntax_lands(size_t *ret_len)
{
	*ret_len = sizeof(lands) / sizeof(lands[0]);
	return lands;
}

bool syntax_zone(const char *text)
{
	size_t len = strlen(text);
	bool slash = false;

	if (len == 0 || len > 64 || !alpha(text[0]))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '/') {
			if (!alpha(text[i + 1]))
				return false;
			slash = true;
		} else if (!label_char(text[i]) && text[i] != '+') {
			return false;
		}
	}
	return slash;
}

bool syntax_date(const char *text)
{
	static const unsigned int days[] = {31, 29, 31, 30, 31, 30,
					    31, 31, 30, 31, 30, 31};
	unsigned int year, month, day;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
	    !number(text, 4, 9999, &year) || !number(text + 5, 2, 12, &month) ||
	    !number(text + 8, 2, 31, &day) || month == 0 || day == 0 ||
	    day > days[month - 1])
		return false;
	return month != 2 || day != 29 ||
	       (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

bool syntax_mailbox(const char *text)
{
	const char *at = strchr(text, '@');

	return at != NULL && at != text && at[1] != '\0' &&
	       strchr(at + 1, '@') == NULL && strpbrk(text, " \t,;<>") == NULL;
}

bool syntax_digits(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!digit(*text))
			return false;
	return true;
}

bool syntax_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

bool syntax_url(const char *text, struct url *ret)
{
	struct url out = {0};
	char authority[HOST_LEN_MAX + 16];
	const char *host = authority;
	size_t len;

	for (const char *c = text; *c != '\0'; c++)
		if (*c <= 0x20 || *c >= 0x7f || *c == '\\' || *c == '#')
			return false;
	if (strncmp(text, "https://", 8) == 0)
		out.https = true;
	else if (strncmp(text, "http://", 7) != 0)
		return false;
	text += out.https ? 8 : 7;
	len = strcspn(text, "/?");
	if (len == 0 || len >= sizeof(authority) || memchr(text, '@', len))
		return false;
	memcpy(authority, text, len);
	authority[len] = '\0';
	if (authority[0] == '[' ? authority[len - 1] == ']'
				: !strchr(authority, ':')) {
		out.port = out.https ? 443 : 80;
		if (authority[0] == '[') {
			host++;
			len -= 2;
		}
		if (authority[0] == '[' ? !address(AF_INET6, host, len)
					: !syntax_host(host, len))
			return false;
	} else if (!host_port(authority, &host, &len, &out.port)) {
		return false;
	}
	memcpy(out.host, host, len);
	*ret = out;
	return true;
}

static bool literal_allowed(const struct url *url, const char *const *allow,
			    size_t allow_len)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET,
				  .sin_port = htons(url->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(url->port)};

	if (inet_pton(AF_INET, url->host, &in4.sin_addr) == 1)
		return http_allowed(allow, allow_len, url->host, &in4,
				    sizeof(in4));
	if (inet_pton(AF_INET6, url->host, &in6.sin6_addr) == 1)
		return http_allowed(allow, allow_len, url->host, &in6,
				    sizeof(in6));
	return false;
}

bool syntax_url_allowed(const struct url *url, const char *const *allow,
			size_t allow_len)
{
	for (size_t i = 0; i < allow_len; i++) {
		const char *host;
		size_t len;
		uint16_t entry_port;

		if (host_port(allow[i], &host, &len, &entry_port) &&
		    entry_port == url->port && len == strlen(url->host) &&
		    strncasecmp(host, url->host, len) == 0)
			return true;
	}
	return literal_allowed(url, allow, allow_len);
}
