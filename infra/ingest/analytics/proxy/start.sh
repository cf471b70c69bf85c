# Starts nginx by what the environment says. The image stays as its makers published it: this text is the container's command.
#   NGINX_CONFIGURATION  nginx.conf
#   ALLOWED_CIDRS        who may come: 192.0.2.0/24,198.51.100.7/32
#   BALANCER_CIDRS       where the load balancer stands, in the same form
#   UPSTREAM_HOST        name of the domain
#   UPSTREAM_PORT, LISTEN, RESOLVER, AUTHORITIES, RUN_AS, RUN_FOLDER, NGINX   have defaults for a container on AWS
set -eu

folder="${RUN_FOLDER:-/run/proxy}"

fail() {
  echo "$1" >&2
  exit 64
}

# A value becomes a part of nginx's configuration: only characters that can do no more than they should.
checked() { # name, value, other characters than these
  case "$2" in
    '' | *[!$3]*) fail "$1 is not usable" ;;
  esac
}

# Ranges of the list in $1, each followed by $2 and the rest.
each_range() { # list, before, after
  old_ifs="$IFS"
  IFS=,
  for range in $1; do
    case "$range" in
      [0-9]*.*.*.*/[0-9]*) printf '%s%s%s;\n' "$2" "$range" "$3" ;;
      *) fail "$range is no address range" ;;
    esac
  done
  IFS="$old_ifs"
}

upstream_port="${UPSTREAM_PORT:-443}"
listen="${LISTEN:-8080}"
# Amazon's own, which every VPC has.
resolver="${RESOLVER:-169.254.169.253}"
authorities="${AUTHORITIES:-/etc/ssl/certs/ca-certificates.crt}"
run_as="${RUN_AS:-nginx}"

checked ALLOWED_CIDRS "${ALLOWED_CIDRS:-}" '0-9./,'
checked BALANCER_CIDRS "${BALANCER_CIDRS:-}" '0-9./,'
checked UPSTREAM_HOST "${UPSTREAM_HOST:-}" 'a-zA-Z0-9.-'
checked UPSTREAM_PORT "$upstream_port" '0-9'
checked LISTEN "$listen" '0-9.:'
checked RESOLVER "$resolver" '0-9.:'
checked AUTHORITIES "$authorities" 'a-zA-Z0-9./_-'
checked RUN_AS "$run_as" 'a-z0-9_-'

mkdir -p "$folder"
printf '%s\n' "$NGINX_CONFIGURATION" >"$folder/nginx.conf"
each_range "$ALLOWED_CIDRS" '' ' 1' >"$folder/allowed.conf"
each_range "$BALANCER_CIDRS" '' ' 1' >"$folder/checkers.conf"
each_range "$BALANCER_CIDRS" 'set_real_ip_from ' '' >"$folder/balancers.conf"
echo "resolver $resolver ipv6=off;" >"$folder/resolver.conf"
echo "proxy_ssl_trusted_certificate $authorities;" >"$folder/authorities.conf"
{
  echo "listen $listen;"
  echo "set \$upstream_host $UPSTREAM_HOST;"
  echo "set \$upstream_port $upstream_port;"
} >"$folder/server.conf"

exec "${NGINX:-nginx}" -p "$folder" -c "$folder/nginx.conf" -e stderr -g "daemon off; user $run_as;"
