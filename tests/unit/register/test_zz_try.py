import time
def test_x(workspace):
    from tasks.register.stage import run
    for i in range(2):
        t=time.process_time()
        v=run(workspace.paths, register=workspace.register, base=workspace.base, settings=workspace.settings)
        print(time.process_time()-t, v)
    import subprocess
    print(subprocess.run(f"cd {workspace.paths.root}; find . -type f -not -path './mlartifacts/*/artifacts/evaluation/*' | sort; cat mlartifacts/models/*/artifacts/MLmodel; cat mlartifacts/models/*/artifacts/requirements.txt", shell=True, capture_output=True,text=True).stdout)
    subprocess.run(f"rm -rf /tmp/reg/ws; cp -r {workspace.paths.root} /tmp/reg/ws",shell=True)
    from tasks.tracking import open_store
    s=open_store(workspace.paths)
    mv=s.client.get_model_version("tiny","1"); print(mv.description); print(mv)
    print(s.client.get_run(v["run_id"]))
