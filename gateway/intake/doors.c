/* doors.c - which channel a URL belongs to. */
#include "intake/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "postern/sealed.h"

#define HOOKS "/hooks/"

/* The largest clear body whose sealed form fits a record. */
static size_t clear_max(void)
{
	size_t clear = SPOOL_PAYLOAD_MAX;

	while (sealed_len(clear) > SPOOL_PAYLOAD_MAX)
		clear -= SEALED_CHUNK_OVERHEAD;
	return clear;
}

static int door_open(struct door *door, const struct settings_channel *conf,
		     struct err *err)
{
	const struct channel_driver *driver = channel_find(conf->type);
	int n;

	if (driver == NULL)
		return ERR_SET(err, ERR_INPUT, "no such channel type", 0);
	n = snprintf(door->address, sizeof(door->address), "%s/%s", conf->type,
		     conf->path);
	if (n < 0 || (size_t)n >= sizeof(door->address))
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	door->body_max =
	    driver->body_max < clear_max() ? driver->body_max : clear_max();
	return driver->open(conf, ROLE_INTAKE, &door->channel, err);
}

static void door_hash(const struct intake *in, const char *address,
		      uint8_t ret[crypto_shorthash_BYTES])
{
	(void)crypto_shorthash(ret, (const uint8_t *)address, strlen(address),
			       in->door_key);
}

int doors_open(struct intake *in, struct err *err)
{
	const struct settings *s = in->conf->settings;

	if (s->channels_len == 0)
		return 0;
	in->doors = calloc(s->channels_len, sizeof(*in->doors));
	if (in->doors == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for channels", 0);
	in->env->random(in->env, in->door_key, sizeof(in->door_key));
	for (size_t i = 0; i < s->channels_len; i++) {
		if (door_open(&in->doors[i], &s->channels[i], err) != 0)
			return -1;
		door_hash(in, in->doors[i].address, in->doors[i].hash);
		in->doors_len++;
	}
	return 0;
}

void doors_close(struct intake *in)
{
	for (size_t i = 0; i < in->doors_len; i++)
		in->doors[i].channel->driver->close(&in->doors[i].channel);
	free(in->doors);
	in->doors = NULL;
	in->doors_len = 0;
}

const struct door *door_find(const struct intake *in, const char *url)
{
	uint8_t hash[crypto_shorthash_BYTES];

	if (strncmp(url, HOOKS, sizeof(HOOKS) - 1) != 0)
		return NULL;
	url += sizeof(HOOKS) - 1;
	door_hash(in, url, hash);
	for (size_t i = 0; i < in->doors_len; i++)
		if (memcmp(hash, in->doors[i].hash, sizeof(hash)) == 0 &&
		    strcmp(url, in->doors[i].address) == 0)
			return &in->doors[i];
	return NULL;
}
