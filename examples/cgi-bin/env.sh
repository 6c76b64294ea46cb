#!/bin/sh
# The CGI environment, as a classic script in sh shows it.
printf 'Content-Type: text/plain; charset=utf-8\r\n\r\n'
env | sort
