import sys, shutil
from pathlib import Path
from picket_host import demo, natmod
from picket_host.demo import *
from picket_host.commands.demo import _Live
from picket_host.models import recipes
from picket_host.commands.demo import _render
F=Path(sys.argv[1] if len(sys.argv)>1 else '/tmp/demo2'); shutil.rmtree(F,ignore_errors=True); F.mkdir()
res=DemoResult(True,"dev"); log=Log(res,_Live())
recipe=recipes.find("vibration")
rec=recipe.recordings(None)
(F/'releases').mkdir()
w=Workshop(F/'releases',Path('/tmp/demo-models/baseline'),{"x64":natmod.build("x64").path})
app=F/'application'; app.mkdir()
compile_application(DEVICE,app); shutil.copyfile(DEVICE/'boot.py',app/'boot.py')
with Stage(F,log) as st:
    sc=Scenario(st,w,res,log,True)
    try:
        sc.deploy(app,rec); sc.fault("inner_race"); sc.outage("outer_race","ball"); sc.updates(Path('/tmp/demo-models/better')); sc.count()
    finally:
        print(res.failures)
_render(res)
