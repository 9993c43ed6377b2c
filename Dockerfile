# Footfall with the demo's recordings; docker-compose.yml runs its parts. Built in two steps, so that the image holds
# neither pip's leftovers nor anybody's tests. What it is built on is named by digest: no tag can change under us.
FROM python:3.13.14-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8 AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/footfall/venv
ENV PATH=/opt/footfall/venv/bin:$PATH
WORKDIR /src
COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY processing processing
COPY gateway gateway
COPY coaching coaching
COPY dashboards dashboards
COPY recordings/rearfoot-runner.mcap recordings/
RUN pip install --no-deps --no-build-isolation . && pip uninstall --yes pip \
    && find /opt/footfall/venv -type d -name tests -prune -exec rm -r {} +

FROM python:3.13.14-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8
ENV PATH=/opt/footfall/venv/bin:$PATH PYTHONUNBUFFERED=1 XDG_CACHE_HOME=/opt/footfall/compiled FOOTFALL_DATA_DIR=/data
RUN useradd --create-home --uid 10001 footfall && mkdir /data && chown footfall:footfall /data
WORKDIR /opt/footfall
COPY --from=build /opt/footfall/venv venv
COPY recordings recordings
COPY scripts/make_recordings.py scripts/demo_run.py scripts/demo_months.py ./
# Compile the signal processing now, so that no run waits for it
RUN python -m footfall_gateway.commands.preparation && chmod -R a+rX compiled && python demo_run.py demo-run.mcap
USER footfall
VOLUME /data
EXPOSE 8420
ENTRYPOINT ["footfall"]
CMD ["--help"]
