# Footfall with the demo's recordings; docker-compose.yml runs its parts. Built in two steps, so that the image holds
# neither pip's leftovers nor anybody's tests. What it is built on is named by digest: no tag can change under us.
# What takes how much of it: scripts/image_size.py
FROM python:3.13.14-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8 AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
RUN python -m venv /opt/footfall/venv
ENV PATH=/opt/footfall/venv/bin:$PATH XDG_CACHE_HOME=/opt/footfall/compiled
WORKDIR /src
COPY requirements.lock .
RUN pip install --no-compile --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY processing processing
COPY gateway gateway
COPY coaching coaching
COPY dashboards dashboards
COPY recordings/rearfoot-runner.mcap recordings/
RUN pip install --no-compile --no-deps --no-build-isolation . \
    && pip uninstall --yes editables hatchling pathspec pluggy trove-classifiers pip
WORKDIR /opt/footfall
COPY recordings/rearfoot-runner.mcap recordings/
COPY scripts/make_recordings.py scripts/demo_run.py scripts/demo_months.py deploy/footfall/page.sh ./
RUN python demo_run.py demo-run.mcap && rm demo_run.py make_recordings.py
COPY scripts/prune_image.py scripts/warm_image.py /src/
RUN rm -r venv/share && python /src/prune_image.py venv/lib/python3*/site-packages
# Compile the signal processing now, and the bytecode of all that runs, so that no start waits for it
RUN python -m footfall_gateway.commands.preparation && python /src/warm_image.py recordings/rearfoot-runner.mcap \
    && chmod -R a+rX compiled demo-run.mcap

FROM python:3.13.14-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8
ENV PATH=/opt/footfall/venv/bin:$PATH PYTHONUNBUFFERED=1 XDG_CACHE_HOME=/opt/footfall/compiled FOOTFALL_DATA_DIR=/data
RUN useradd --create-home --uid 10001 footfall && mkdir /data && chown footfall:footfall /data
WORKDIR /opt/footfall
COPY --from=build /opt/footfall .
USER footfall
VOLUME /data
EXPOSE 8420
ENTRYPOINT ["footfall"]
CMD ["--help"]
